/** Which scheduler a command talks to. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { findToken, loadSettings, readToken, type Plain, type Question, type TlsOptions } from "@heddle/protocol";
import { UsageError, readAddress } from "./usage.js";

export interface TargetOptions {
  readonly address?: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
}

/** A scheduler, and how one is let in. */
export interface Target {
  readonly address: string;
  readonly token: string | undefined;
  readonly tls: TlsOptions | undefined;
}

/** Adds what says which scheduler; with `address` also that option, for commands that take no URL. */
export function withTarget(command: Command, address: boolean): Command {
  if (address)
    command.option("-a, --address <url>", "the scheduler (default: HEDDLE_ADDRESS, else the one on this machine)");
  return command
    .option("--token-file <file>", "file with the scheduler's token (default: HEDDLE_TOKEN, else this user's own)")
    .option("--tls-ca <file>", "PEM file of the authority that signed the scheduler's certificate");
}

/**
 * The scheduler that is meant: the URL, else `--address`, else HEDDLE_ADDRESS, else this machine's.
 *
 * @throws UsageError, UnknownSettingError, InvalidSettingError
 */
export function targetOf(url: string | undefined, options: TargetOptions): Target {
  const settings = loadSettings();
  const given = url ?? options.address ?? settings.get("address");
  const address = readAddress(given ?? `ws://127.0.0.1:${settings.get("scheduler.port")}`);
  let token = settings.get("token");
  if (options.tokenFile !== undefined) {
    token = readToken(options.tokenFile);
    if (token === undefined) throw new UsageError(`${options.tokenFile} holds no token, or cannot be read`);
  }
  return {
    address,
    token: token ?? findToken(address),
    tls: options.tlsCa === undefined ? undefined : { ca: readPem(options.tlsCa) },
  };
}

/** Asks the scheduler. */
export async function ask(target: Target, question: Question): Promise<Plain> {
  // Clusters have much to load that most commands do without.
  const { askScheduler } = await import("@heddle/client/cluster");
  const { address, token, tls } = target;
  return askScheduler(address, question, { token, tls });
}

/** @throws UsageError */
export function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
