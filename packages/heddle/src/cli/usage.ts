import { HeddleError, parseDuration, parseSize, registerError } from "@heddle/protocol";
import { InvalidArgumentError } from "commander";

/** A command was called in a way that makes no sense: exit status 2. */
export class UsageError extends HeddleError {
  constructor(problem: string) {
    super("HEDDLE_USAGE", problem);
  }
}
registerError(UsageError);

/** Reads the value of an option, with what is wrong with it in the words of a command line. */
function reading<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

export const readSize = reading((text) => parseSize(/^\d+$/.test(text) ? Number(text) : text));

export const readDuration = reading((text) => parseDuration(text));

export const readCount = reading((text) => {
  if (!/^\d+$/.test(text)) throw new Error("It must be a whole number from 0.");
  return Number(text);
});

export const readPositive = reading((text) => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error("It must be a whole number from 1.");
  return Number(text);
});

export const readPort = reading((text) => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Error("It must be a port, 0 to 65535; 0 is any free one.");
  return port;
});

/** "GPU=1,disk=2": amounts of resources by name. May be given several times. */
export function readResources(text: string, before: Record<string, number> = {}): Record<string, number> {
  const amounts = { ...before };
  for (const part of text.split(",")) {
    const [, name, amount] = /^([^=\s]+)=(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
    if (name === undefined) throw new InvalidArgumentError("It must be amounts by name, such as GPU=1,disk=2.");
    amounts[name] = Number(amount);
  }
  return amounts;
}

/**
 * The address, when it is one.
 *
 * @throws UsageError
 */
export function readAddress(text: string): string {
  const hint = "the address of a scheduler looks like ws://127.0.0.1:8786 or wss://scheduler.example:8786";
  if (!URL.canParse(text)) throw new UsageError(`${text} is not an address: ${hint}`);
  const { protocol, hostname } = new URL(text);
  if ((protocol !== "ws:" && protocol !== "wss:") || hostname === "")
    throw new UsageError(`${text} is not a scheduler's address: ${hint}`);
  return text;
}
