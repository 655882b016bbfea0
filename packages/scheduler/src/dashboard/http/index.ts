export { DashboardServer, type DashboardServerOptions } from "./dashboard-server.js";
