import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import workerUrl from "../data/worker.ts?worker&url";
import "./design/font.css";
import "./design/tokens.css";
import "./design/base.css";
import { App } from "./shell/app.js";
import { startWorker } from "./store/start-worker.js";
import { offerStatistics } from "./store/statistics.js";
import { connect } from "./store/store.js";

connect(startWorker(workerUrl));
offerStatistics();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
