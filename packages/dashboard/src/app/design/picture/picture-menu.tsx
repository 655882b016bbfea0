import type { ReactElement, RefObject } from "react";
import { Menu } from "../menu.js";
import { panelPicture } from "./panel-picture.js";
import { pngOf, saveAs, svgOf } from "./save-picture.js";

/** Saves what a panel shows as it is at this moment, for an issue or a talk. */
export function PictureMenu(props: {
  readonly panel: RefObject<HTMLElement | null>;
  readonly title: string;
}): ReactElement {
  const name = (ending: string): string => `heddle-${slug(props.title)}.${ending}`;
  const picture = (): SVGSVGElement => panelPicture(props.panel.current!);
  const savePng = (): void => void pngOf(picture()).then((png) => saveAs(png, name("png")));
  const saveSvg = (): void => saveAs(svgOf(picture()), name("svg"));
  return (
    <Menu label={`Save a picture: ${props.title}`}>
      <li>
        <button type="button" onClick={savePng}>
          <strong>PNG</strong>
          <span className="muted">As it is on this screen</span>
        </button>
      </li>
      <li>
        <button type="button" onClick={saveSvg}>
          <strong>SVG</strong>
          <span className="muted">Words and lines stay sharp at any size</span>
        </button>
      </li>
    </Menu>
  );
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "") || "panel";
