/** The tasks of the greeting examples. They import nothing of where they run: that is the flow's choice. */
import { task } from "heddle";

export const NAMES = ["arthur", "trillian", "ford", "marvin"];

export const sayHello = task(
  async (name: string) => {
    console.log(`hello ${name}`);
  },
  { name: "say_hello" },
);

export const sayGoodbye = task(
  async (name: string) => {
    console.log(`goodbye ${name}`);
  },
  { name: "say_goodbye" },
);
