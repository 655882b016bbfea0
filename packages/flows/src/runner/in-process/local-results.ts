/** Results that are kept beyond their run, as executions in the flow's process read and write them. */
export { keeperFor as attemptResults, loadResult } from "../../results/result-keeper.js";
