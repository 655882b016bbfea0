/** Prometheus's text format 0.0.4, read strictly: what a collector would pass over or guess at is refused here. */
interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
const VALUE = /^([+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|NaN|[+-]Inf)$/i;

/** @throws SyntaxError with the line that is wrong */
export function parseExposition(text: string): ReadonlyMap<string, Metric> {
  if (!text.endsWith("\n")) throw new SyntaxError("the last line ends without a line feed");
  const metrics = new Map<string, Metric>();
  const seen = new Set<string>();
  let help: readonly [string, string] | undefined;
  let current: Metric | undefined;
  for (const [index, line] of text.slice(0, -1).split("\n").entries()) {
    const wrong = (why: string): SyntaxError => new SyntaxError(`line ${index + 1}: ${why}: ${line}`);
    const [, keyword, subject = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (!NAME.test(subject)) throw wrong("no name of a metric");
      if (metrics.has(subject)) throw wrong("described twice, or its lines are apart");
      if (/\\(?![\\n])/.test(rest)) throw wrong("an escape that there is not");
      help = [subject, rest];
      current = undefined;
    } else if (keyword === "TYPE") {
      if (help?.[0] !== subject) throw wrong("its HELP is not right before it");
      if (!TYPES.includes(rest)) throw wrong("no type");
      current = { name: subject, type: rest, help: help[1], samples: [] };
      metrics.set(subject, current);
    } else {
      const [name, sample] = sampleOf(line, wrong);
      if (current?.name !== name) throw wrong("a sample apart from its TYPE");
      const identity = `${name} ${JSON.stringify([...sample.labels].sort())}`;
      if (seen.has(identity)) throw wrong("a sample that was there before");
      seen.add(identity);
      current.samples.push(sample);
    }
  }
  for (const { name, samples } of metrics.values())
    if (samples.length === 0) throw new SyntaxError(`${name} has no samples`);
  return metrics;
}

function sampleOf(line: string, wrong: (why: string) => SyntaxError): readonly [string, Sample] {
  const [name = ""] = /^[^{ ]*/.exec(line)!;
  if (!NAME.test(name)) throw wrong("no name of a metric");
  const labels = new Map<string, string>();
  let at = name.length;
  if (line[at] === "{") {
    at++;
    while (line[at] !== "}") {
      const [whole, label = "", value = ""] = /^([^=]*)="((?:[^"\\]|\\[\\"n])*)"/.exec(line.slice(at)) ?? [];
      if (whole === undefined || !LABEL.test(label)) throw wrong("no label");
      if (labels.has(label)) throw wrong("a label twice");
      labels.set(
        label,
        value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
      );
      at += whole.length;
      if (line[at] === ",") at++;
      else if (line[at] !== "}") throw wrong("labels run together");
    }
    at++;
  }
  const [, value = ""] = /^ (\S+)( -?\d+)?$/.exec(line.slice(at)) ?? [];
  if (!VALUE.test(value)) throw wrong("no value");
  return [name, { labels, value: Number(value.replace(/inf/i, "Infinity")) }];
}
