/** What the `heddle` command runs. */
import { run } from "./run.js";

process.exitCode = await run(process.argv.slice(2));
