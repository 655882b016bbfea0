/**
 * Functions as people submit them. None is itself an export, which would travel as a mere reference to this file. functions.ts is the
 * same in TypeScript: keep them alike.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import { mix } from "./numbers.mjs";

const RATE = 0.19;
const CURRENCY = "EUR";
const LIMITS = { low: 10, high: 99, labels: ["small", "medium", "large"] };

function round(value) {
  return Math.round(value * 100) / 100;
}

function withTax(order) {
  return round(order.price * (1 + RATE));
}

function fibonacci(n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

class Account {
  static opened = 0;
  #balance = 0;

  constructor(owner) {
    this.owner = owner;
  }

  deposit(amount) {
    if (amount <= 0) throw new RangeError(`cannot deposit ${amount}`);
    this.#balance += amount;
    return this;
  }

  get balance() {
    return round(this.#balance);
  }
}

class Savings extends Account {
  addInterest(years) {
    return this.deposit(this.balance * (RATE / 10) * years);
  }
}

function retrying(times, attempt) {
  return async () => {
    for (let n = 1; ; n++) {
      try {
        return await attempt(n);
      } catch (error) {
        if (n >= times) throw error;
      }
    }
  };
}

export const functions = {
  "no variables": (x) => x + 1,
  "arrow over constants": (price) => `${price * (1 + RATE)} ${CURRENCY}`,
  "over a small object": (value) =>
    value < LIMITS.low ? LIMITS.labels[0] : value < LIMITS.high ? LIMITS.labels[1] : LIMITS.labels[2],
  "helper that calls a helper": (orders) => orders.map(withTax),
  recursion: (n) => fibonacci(n),
  "class with methods": (owner, amounts) => {
    const account = new Account(owner);
    for (const amount of amounts) account.deposit(amount);
    return account.balance;
  },
  "class and its parent": (owner) => new Savings(owner).deposit(100).addInterest(2).balance,
  "async with builtins": async (file) => {
    const text = await readFile(file, "utf8");
    return createHash("sha256").update(text).digest("hex");
  },
  "async with a package": async (url) => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.once("open", resolve));
    socket.close();
  },
  "local file": (values) => values.reduce(mix, 7),
  "dynamic import": async (path) => (await import("node:path")).basename(path),
  "closure over arguments": retrying(3, async (n) => {
    if (n < 2) throw new Error("not yet");
    return n;
  }),
  generator: function* count(to) {
    for (let n = 0; n < to; n++) yield n * RATE;
  },
  "shadowed and destructured": ({ low = LIMITS.low, ...rest }) =>
    Object.entries(rest).map(([key, value]) => ({ key, value: Math.max(low, value) })),
};
