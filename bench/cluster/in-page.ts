/** What runs in the page, to watch it from within: text, because the rest of this folder knows no document. */
export const IN_PAGE = `
window.__bench = {
  stats: () => window.__dash.stats(),
  ready: () => window.__dash !== undefined,
  /** Milliseconds from the navigation until so many rows are there and a picture was drawn. */
  async reaches(rows) {
    for (;;) {
      const stats = await window.__dash?.stats();
      if (stats !== undefined && stats.rows >= rows && stats.lastSeq >= 0 && stats.paints > 0) return performance.now();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  },
  /** When each row was in a picture for the first time. */
  async seen(rows) {
    const seen = [];
    while (seen.length < rows) {
      const { lastSeq } = await window.__dash.stats();
      while (seen.length <= lastSeq) seen.push(Date.now());
    }
    return seen;
  },
  begin() {
    const tally = { frames: 0, tasks: [], began: performance.now() };
    window.__tally = tally;
    const frame = () => {
      tally.frames++;
      if (window.__tally === tally) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    tally.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tally.tasks.push(duration);
    });
    tally.observer.observe({ type: "longtask" });
  },
  end() {
    const { frames, tasks, began, observer } = window.__tally;
    delete window.__tally;
    observer.disconnect();
    return { frames, tasks, milliseconds: performance.now() - began };
  },
  /** Milliseconds between two frames of a page that draws next to nothing. */
  async idle() {
    const context = document.body.appendChild(document.createElement("canvas")).getContext("2d");
    const began = performance.now();
    for (let frames = 1; ; frames++) {
      await new Promise(requestAnimationFrame);
      context.fillStyle = frames % 2 === 0 ? "red" : "blue";
      context.fillRect(0, 0, 9, 9);
      if (performance.now() - began > 2000) return (performance.now() - began) / frames;
    }
  },
};
`;
