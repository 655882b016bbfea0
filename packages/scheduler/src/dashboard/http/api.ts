/** `api/v1/`: questions to the source, and the few actions. See `@heddle/protocol/dashboard` for what each answers. */
import { pipeline } from "node:stream/promises";
import { Router, json, type NextFunction, type Request, type Response } from "express";
import type { LogLine, Role, SessionInfo } from "@heddle/protocol/dashboard";
import { HEDDLE_VERSION } from "@heddle/protocol";
import { chromeTrace } from "../record/chrome-trace.js";
import { htmlReport, type ReportPage } from "../record/html-report.js";
import type { TimeRange } from "../record/recorded-runs.js";
import type { ReportOptions } from "../record/report-data.js";
import type { DashboardSource } from "../source.js";
import {
  BadRequestError,
  field,
  limit,
  pathNumber,
  pathText,
  text,
  textField,
  texts,
  whole,
  wholeField,
  wholes,
} from "./query.js";
import type { Sessions } from "./sessions.js";

export interface ApiContext {
  readonly source: DashboardSource;
  readonly sessions: Sessions;
  /** Of cookies: the path below which all of it is, as browsers see it. */
  readonly cookiePath: string;
  readonly secure: boolean;
  /** Absent where it was not built. */
  readonly reportPage?: ReportPage;
}

/** Rows of the record in one request; tasks of one action. */
const MAX_ROWS = 65_536;
const MAX_KEYS = 10_000;
const MAX_BODY = "1mb";

export function api(context: ApiContext): Router {
  const { source, sessions } = context;
  const router = Router();
  router.use(json({ limit: MAX_BODY, strict: true }));

  // ---- for everybody

  router.get("/session", async (request, response) => {
    const role = sessions.roleOf(request);
    const id = role === undefined ? await sessions.ofOwnUser(request) : undefined;
    if (id !== undefined) response.set("Set-Cookie", sessions.cookie(id, context.cookiePath, context.secure));
    response.json(sessionInfo(context, id === undefined ? role : "operate", id !== undefined));
  });
  router.post("/login", (request, response) => {
    const token = field(request, "token");
    if (typeof token !== "string") throw new BadRequestError("token", "a text");
    const result = sessions.login(request, token);
    if (!result.ok) {
      const tooMany = result.reason === "tooMany";
      response.status(tooMany ? 429 : 401).json({
        code: tooMany ? "HEDDLE_TOO_MANY_ATTEMPTS" : "HEDDLE_UNAUTHORIZED",
        message: tooMany ? "too many wrong tokens: wait a minute" : "this is not the token of this cluster",
      });
      return;
    }
    response.set("Set-Cookie", sessions.cookie(result.id, context.cookiePath, context.secure));
    response.json(sessionInfo(context, result.role, true));
  });
  router.post("/logout", (request, response) => {
    sessions.logout(request);
    response.set("Set-Cookie", sessions.cookie(undefined, context.cookiePath, context.secure));
    response.status(204).end();
  });

  // ---- for those who may look

  router.use((request, response, next) => admit(sessions, "view", request, response, next));
  router.get("/chunks/:run/:id", async (request, response) => {
    const chunk = await source.chunk(pathText(request, "run"), pathNumber(request, "id"));
    if (chunk === undefined) return missing(response, "there is no such chunk, or not any more");
    const etag = `"${chunk.etag}"`;
    response.set({ ETag: etag, "Cache-Control": "private, max-age=31536000, immutable" });
    if (request.headers["if-none-match"] === etag) {
      response.status(304).end();
      return;
    }
    response.set("Content-Encoding", chunk.encoding);
    response.type("application/octet-stream").send(asBuffer(chunk.body));
  });
  router.get("/rows", async (request, response) => {
    const from = whole(request, "from") ?? 0;
    const to = whole(request, "to") ?? from + MAX_ROWS;
    if (to < from || to - from > MAX_ROWS) throw new BadRequestError("to", `from "from" to ${MAX_ROWS} more`);
    response.type("application/octet-stream").send(asBuffer(await source.rows(from, to)));
  });
  router.get(
    "/minimap",
    answer(() => source.minimap()),
  );
  router.post(
    "/keys",
    answer(async (request) => ({ keys: await source.keys(wholes(field(request, "seqs"), "seqs", 1000)) })),
  );
  router.get(
    "/task",
    answer((request) => {
      const key = text(request, "key");
      const seq = whole(request, "seq");
      if (key !== undefined) return source.task({ key });
      if (seq !== undefined) return source.task({ seq });
      throw new BadRequestError("key", "given, or seq");
    }),
  );
  router.get(
    "/tasks",
    answer((request) =>
      source.tasks({
        ...given("state", text(request, "state")),
        ...given("group", whole(request, "group")),
        ...given("worker", whole(request, "worker")),
        ...given("after", text(request, "after")),
        limit: limit(request, 1000, 100),
      }),
    ),
  );
  router.get(
    "/search",
    answer((request) => source.search(text(request, "q") ?? "")),
  );
  router.get(
    "/groups/:id",
    answer((request) => source.group(pathNumber(request, "id"))),
  );
  router.get(
    "/workers/:id",
    answer((request) => source.worker(pathNumber(request, "id"))),
  );
  router.get(
    "/transfers",
    answer(() => source.transfers()),
  );
  router.get("/graph", async (request, response) => {
    const level = text(request, "level") ?? "group";
    if (level === "group") {
      response.json(await source.groupGraph());
      return;
    }
    if (level !== "task") throw new BadRequestError("level", '"group" or "task"');
    const bytes = await source.taskGraph({
      ...given("group", whole(request, "group")),
      ...given("focus", text(request, "focus")),
      ...given("depth", whole(request, "depth", 5)),
      limit: limit(request, 100_000, 2_000),
    });
    response.type("application/octet-stream").send(asBuffer(bytes));
  });
  router.get(
    "/logs",
    answer((request) =>
      source.logs({
        ...given("source", text(request, "source")),
        ...given("level", level(request)),
        ...given("before", whole(request, "before")),
        limit: limit(request, 10_000, 1_000),
      }),
    ),
  );
  router.get(
    "/flows",
    answer((request) =>
      source.flows.list({
        ...given("before", text(request, "before")),
        ...given("flow", text(request, "flow")),
        ...given("state", text(request, "state")),
        limit: limit(request, 1000, 100),
      }),
    ),
  );
  router.get(
    "/flows/:id",
    answer((request) => source.flows.run(pathText(request, "id"))),
  );
  router.get(
    "/flows/:id/logs",
    answer((request) =>
      source.flows.logs(pathText(request, "id"), {
        ...given("level", level(request)),
        ...given("task", whole(request, "task")),
        ...given("after", text(request, "after")),
        limit: limit(request, 10_000, 1_000),
      }),
    ),
  );

  router.get("/trace", async (request, response) => {
    await source.caughtUp?.();
    await download(response, "application/json", "trace.json", chromeTrace(source, rangeOf(request)));
  });
  router.get("/report", (request, response) =>
    report(response, { ...rangeOf(request), ...given("title", text(request, "title")) }),
  );
  // The source text of a program does not fit an address.
  router.post("/report", (request, response) =>
    report(response, {
      from: wholeField(request, "from") ?? 0,
      to: wholeField(request, "to") ?? Number.MAX_SAFE_INTEGER,
      ...given("title", textField(request, "title")),
      ...given("code", textField(request, "code")),
    }),
  );

  async function report(response: Response, options: Partial<ReportOptions> & TimeRange): Promise<void> {
    const { reportPage } = context;
    if (reportPage === undefined) return missing(response, "this installation has no page for reports");
    await source.caughtUp?.();
    const pieces = htmlReport(source, reportPage, { title: `Heddle report of ${source.cluster}`, ...options });
    await download(response, "text/html; charset=utf-8", "report.html", pieces);
  }

  // ---- for those who may act

  router.use("/actions", (request, response, next) => admit(sessions, "operate", request, response, next));
  router.post(
    "/actions/retry",
    answer(async (request) => {
      const error = field(request, "error");
      if (typeof error === "string") return { count: await source.retry({ error }) };
      return { count: await source.retry({ keys: texts(field(request, "keys"), "keys", MAX_KEYS) }) };
    }),
  );
  router.post(
    "/actions/cancel",
    answer(async (request) => ({ count: await source.cancel(texts(field(request, "keys"), "keys", MAX_KEYS)) })),
  );

  router.use((request, response) =>
    missing(response, `there is no ${request.method} ${request.baseUrl}${request.path}`),
  );
  return router;
}

/** Lets by whoever may do it; everybody else hears what is missing. */
export function admit(
  sessions: Sessions,
  wanted: Role,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  const role = sessions.roleOf(request);
  if (role === "operate" || role === wanted) {
    next();
    return;
  }
  if (role === undefined)
    response.status(401).json({ code: "HEDDLE_UNAUTHORIZED", message: "log in with the token of this cluster first" });
  else
    response.status(403).json({
      code: "HEDDLE_ROLE_REQUIRED",
      message:
        "this needs the role operate: log in with the token, or, where there is none, set dashboard.allowActionsWithoutToken",
    });
}

function sessionInfo({ source, reportPage }: ApiContext, role: Role | undefined, opened: boolean): SessionInfo {
  return {
    authenticated: role !== undefined,
    opened,
    role: role ?? "view",
    // Nothing of the cluster is told to who has not shown the token.
    cluster: role === undefined ? "" : source.cluster,
    heddle: HEDDLE_VERSION,
    mode: source.mode,
    workerCommand: role === undefined ? "" : source.workerCommand,
    reports: reportPage !== undefined,
  };
}

function answer(ask: (request: Request) => Promise<unknown>): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const value = await ask(request);
    if (value === undefined) missing(response, "there is no such thing, or not any more");
    else response.json(value);
  };
}

function missing(response: Response, message: string): void {
  response.status(404).json({ code: "HEDDLE_NOT_FOUND", message });
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function level(request: Request): LogLine["level"] | undefined {
  const given = text(request, "level");
  if (given === undefined) return undefined;
  const known = LEVELS.find((each) => each === given);
  if (known === undefined) throw new BadRequestError("level", LEVELS.join(", "));
  return known;
}

/** Milliseconds since the epoch; all recorded time by default. */
function rangeOf(request: Request): TimeRange {
  return { from: whole(request, "from") ?? 0, to: whole(request, "to") ?? Number.MAX_SAFE_INTEGER };
}

async function download(response: Response, type: string, name: string, pieces: AsyncGenerator<string>): Promise<void> {
  response.set({ "Content-Type": type, "Content-Disposition": `attachment; filename="${name}"` });
  // Who asked for it may go away at any time.
  await pipeline(pieces, response).catch(() => response.destroy());
}

function given<N extends string, V>(name: N, value: V | undefined): { [K in N]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]?: V });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
