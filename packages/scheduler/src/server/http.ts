/** The HTTP interface: whether the scheduler is well, and its state as JSON. Loaded after the ports are open: express takes a while. */
import express, { type Express } from "express";
import type { HealthReport, StateReport } from "./state.js";

export interface HttpContext {
  readonly health: () => HealthReport;
  readonly state: () => StateReport;
}

export function httpInterface(context: HttpContext): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((_request, response, next) => {
    response.set({
      "Cache-Control": "no-store",
      "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    });
    next();
  });
  app.get("/health", (_request, response) => {
    response.json(context.health());
  });
  app.get("/api/state", (_request, response) => {
    response.json(context.state());
  });
  app.get("/", (_request, response) => {
    response.type("text/plain").send(inWords(context.state()));
  });
  app.use((request, response) => {
    const known = ["/", "/health", "/api/state"].includes(request.path);
    response.status(known ? 405 : 404).json({
      code: known ? "HEDDLE_METHOD_NOT_ALLOWED" : "HEDDLE_NOT_FOUND",
      message: known
        ? `${request.path} can only be read (GET)`
        : `there is no ${request.path}: see /health, /api/state`,
    });
  });
  return app;
}

function inWords(state: StateReport): string {
  const tasks = Object.entries(state.tasks)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
  return [
    `Heddle ${state.heddle}, scheduler at ${state.address}, up ${Math.round(state.uptime / 1000)} s`,
    `${state.workers.length} workers, ${state.clients} clients`,
    `tasks: ${tasks === "" ? "none" : tasks}`,
    "",
  ].join("\n");
}
