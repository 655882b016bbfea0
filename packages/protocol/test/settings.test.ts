import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CATALOGUE, environmentName } from "../src/settings/catalogue.js";
import { closest } from "../src/settings/closest.js";
import { QuantityError, parseDuration, parseSize } from "../src/settings/quantities.js";
import { InvalidSettingError, Settings, UnknownSettingError, loadSettings } from "../src/settings/settings.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "heddle-settings-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (options: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  loadSettings(options, { directory, env });
const file = (content: string) => writeFileSync(join(directory, "heddle.config.json"), content);

describe("quantities", () => {
  it.each([
    [5, 5],
    ["250ms", 250],
    ["5s", 5000],
    ["1.5 m", 90_000],
    ["1h", 3_600_000],
    [0, 0],
    [Infinity, Infinity],
  ])("reads the duration %j", (input, milliseconds) => expect(parseDuration(input)).toBe(milliseconds));

  it.each([
    [5, 5],
    ["64MiB", 67_108_864],
    ["2GB", 2_000_000_000],
    ["1.5 kib", 1536],
    ["10b", 10],
  ])("reads the size %j", (input, bytes) => expect(parseSize(input)).toBe(bytes));

  it.each(["", "5", "s", "-5s", "5 parsecs", "1e3s", -1, NaN, null, {}])("refuses %j", (input) => {
    expect(() => parseDuration(input as number)).toThrow(QuantityError);
    expect(() => parseSize(input as number)).toThrow(QuantityError);
  });
});

describe("settings", () => {
  it("has defaults, and says so", () => {
    expect(load().get("scheduler.port")).toBe(8786);
    expect(load().source("scheduler.port")).toBe("default");
    expect(load().get("token")).toBeUndefined();
  });

  it("lets file, environment and options win in this order", () => {
    file('{ "scheduler": { "port": 1, "workerTtl": "1s" }, "client.timeout": "7s" }');
    const env = { HEDDLE_SCHEDULER_PORT: "2", HEDDLE_SCHEDULER_HEARTBEAT: "2s" };
    const settings = load({ "scheduler.port": 3 }, env);
    expect([settings.get("scheduler.port"), settings.source("scheduler.port")]).toEqual([3, "options"]);
    expect([settings.get("scheduler.heartbeat"), settings.source("scheduler.heartbeat")]).toEqual([
      2000,
      "HEDDLE_SCHEDULER_HEARTBEAT",
    ]);
    expect([settings.get("scheduler.workerTtl"), settings.get("client.timeout")]).toEqual([1000, 7000]);
    expect(settings.source("scheduler.workerTtl")).toBe(join(directory, "heddle.config.json"));
    expect(load({}, env).get("scheduler.port")).toBe(2);
  });

  it("hands what was changed to a child", () => {
    const changed = load({ scheduler: { port: 3 } }, { HEDDLE_TOKEN: "abc" }).changed();
    expect(changed).toEqual({ token: "abc", "scheduler.port": 3 });
    expect(Settings.of(JSON.parse(JSON.stringify(changed)) as Record<string, unknown>).get("token")).toBe("abc");
  });

  it("refuses unknown names with a suggestion, wherever they stand", () => {
    expect(() => load({ "scheduler.prot": 1 })).toThrow(/did you mean scheduler\.port\?/);
    expect(() => load({ scheduler: { workerTTL: "1s" } })).toThrow(/did you mean scheduler\.workerTtl\?/);
    expect(() => load({}, { HEDDLE_SCHEDULER_PROT: "1" })).toThrow(/did you mean HEDDLE_SCHEDULER_PORT\?/);
    expect(() => load({ zebra: 1 })).toThrow(UnknownSettingError);
    file('{ "shceduler": { "port": 1 } }');
    expect(() => load()).toThrow(UnknownSettingError);
  });

  it("leaves variables alone that belong to no section", () => {
    expect(() => load({}, { HEDDLE_HOME: "/x", HEDDLE_ANYTHING: "1" })).not.toThrow();
  });

  it.each([
    [{ "scheduler.port": 70_000 }, {}],
    [{ "scheduler.port": "8786" }, {}],
    [{ "scheduler.workerTtl": "soon" }, {}],
    [{ "scheduler.validate": "yes" }, {}],
    [{ "scheduler.allowedHosts": "a" }, {}],
    [{}, { HEDDLE_SCHEDULER_PORT: "many" }],
    [{}, { HEDDLE_CONFIG: "missing.json" }],
  ])("refuses the value in %j %j, naming setting and source", (options, env) => {
    expect(() => load(options, env)).toThrow(InvalidSettingError);
  });

  it("reads lists and flags from the environment", () => {
    const settings = load({}, { HEDDLE_SCHEDULER_ALLOWED_HOSTS: "a.example, b", HEDDLE_SCHEDULER_VALIDATE: "true" });
    expect(settings.get("scheduler.allowedHosts")).toEqual(["a.example", "b"]);
    expect(settings.get("scheduler.validate")).toBe(true);
  });

  it("describes every setting, and no two share a variable", () => {
    const names = Object.keys(CATALOGUE).map(environmentName);
    expect(new Set(names).size).toBe(names.length);
    for (const { about } of Object.values(CATALOGUE)) expect(about).toMatch(/^[A-Z].{10,}\.$/);
  });
});

describe("closest", () => {
  it("suggests what is near, and nothing when nothing is", () => {
    expect(closest("wrokers", ["workers", "host", "port"])).toBe("workers");
    expect(closest("memorylimit", ["memoryLimit"])).toBe("memoryLimit");
    expect(closest("zebra", ["workers", "host"])).toBeUndefined();
  });
});
