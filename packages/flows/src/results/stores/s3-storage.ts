import type * as Sdk from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { InvalidStoreError, PeerMissingError, StorageError, type StorageProblem } from "../errors.js";
import type { EnvironmentReference, ResultStore, StoreDescription } from "../result-store.js";
import { checkStorageKey } from "../storage-key.js";
import { reasonOf } from "./reason.js";
import {
  checkOptions,
  defaultTimeout,
  description,
  durationOption,
  revealSecret,
  secretOption,
  textOption,
  urlOption,
} from "./store-options.js";
import { Turns } from "./turns.js";

/** Keys of an account by the environment variables that hold them. */
export interface S3Credentials {
  readonly accessKeyId: EnvironmentReference;
  readonly secretAccessKey: EnvironmentReference;
  readonly sessionToken?: EnvironmentReference;
}

export interface S3StorageOptions {
  readonly bucket: string;
  /** Put before each key; "/" ends it if it does not end so. Default: none. */
  readonly prefix?: string;
  /** Default: what the environment says (AWS_REGION, ~/.aws/config); us-east-1 with an `endpoint`. */
  readonly region?: string;
  /** URL of a service other than Amazon's. */
  readonly endpoint?: string;
  /** The bucket is in the path, not in the host name. Default: true with an `endpoint`. */
  readonly pathStyle?: boolean;
  /** Default: as the AWS SDK finds them in each process (environment, ~/.aws, SSO, role of the machine or pod). */
  readonly credentials?: S3Credentials;
  /** What one operation may take, its repetitions included: milliseconds, or "10s". Default: setting `results.timeout`. */
  readonly timeout?: number | string;
}

interface Opened {
  readonly sdk: typeof Sdk;
  readonly client: S3Client;
}
type Command = Parameters<S3Client["send"]>[0];

/**
 * Results in a bucket of Amazon S3, or of another service with its interface, through the package `@aws-sdk/client-s3`.
 *
 * @example
 * ```ts
 * new S3Storage({ bucket: "team-results", prefix: "heddle", region: "eu-central-1" });
 * ```
 */
export class S3Storage implements ResultStore {
  readonly #options: S3StorageOptions;
  readonly #name: string;
  #opened: Promise<Opened> | undefined;

  constructor(options: S3StorageOptions) {
    const known = ["bucket", "prefix", "region", "endpoint", "pathStyle", "credentials", "timeout"];
    checkOptions("s3", options, known);
    const { prefix = "", region, endpoint, pathStyle, timeout } = options;
    const bucket = textOption("s3", "bucket", options.bucket);
    this.#options = {
      bucket,
      ...(prefix === "" ? {} : { prefix: prefixOption(prefix) }),
      ...(region === undefined ? {} : { region: textOption("s3", "region", region) }),
      ...(endpoint === undefined ? {} : { endpoint: urlOption("s3", endpoint, ["http", "https"]).href }),
      ...(pathStyle === undefined ? {} : { pathStyle }),
      ...(options.credentials === undefined ? {} : { credentials: credentialsOption(options.credentials) }),
      ...(timeout === undefined ? {} : { timeout: durationOption("s3", "timeout", timeout)! }),
    };
    this.#name = `s3://${bucket}/${this.#options.prefix ?? ""}`;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.#request("read", key, undefined, async ({ sdk, client }, where, abortSignal) => {
      const { Body } = await client.send(new sdk.GetObjectCommand(where), { abortSignal });
      return Body?.transformToByteArray();
    });
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.#request("write", key, NO_MISS, async ({ sdk, client }, where, abortSignal) => {
      const object = { ...where, Body: bytes, ContentType: "application/octet-stream" };
      await client.send(new sdk.PutObjectCommand(object) as Command, { abortSignal });
    });
  }

  async exists(key: string): Promise<boolean> {
    return this.#request("check", key, false, async ({ sdk, client }, where, abortSignal) => {
      await client.send(new sdk.HeadObjectCommand(where), { abortSignal });
      return true;
    });
  }

  async delete(key: string): Promise<void> {
    await this.#request("delete", key, undefined, async ({ sdk, client }, where, abortSignal) => {
      await client.send(new sdk.DeleteObjectCommand(where), { abortSignal });
    });
  }

  describe(): StoreDescription {
    return description("s3", { ...this.#options });
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    (await opened?.catch(() => undefined))?.client.destroy();
  }

  async #request<T>(
    operation: StorageError["operation"],
    key: string,
    missing: T | typeof NO_MISS,
    act: (
      opened: Opened,
      where: { readonly Bucket: string; readonly Key: string },
      abortSignal: AbortSignal,
    ) => Promise<T>,
  ): Promise<T> {
    checkStorageKey(key);
    const { bucket, prefix = "" } = this.#options;
    const timeout = this.#options.timeout === undefined ? defaultTimeout() : Number(this.#options.timeout);
    const opened = await (this.#opened ??= this.#begin());
    return turns.take(async () => {
      const signal = AbortSignal.timeout(timeout);
      try {
        return await act(opened, { Bucket: bucket, Key: prefix + key }, signal);
      } catch (error) {
        if (missing !== NO_MISS && ["NoSuchKey", "NotFound"].includes((error as Error).name)) return missing;
        throw this.#failure(operation, key, error as ServiceError, signal.aborted ? timeout : undefined);
      }
    });
  }

  /** @param late - after how many milliseconds it was given up, if it was */
  #failure(operation: StorageError["operation"], key: string, error: ServiceError, late?: number): StorageError {
    const { name, message, stack, code, $metadata } = error;
    const status = $metadata?.httpStatusCode;
    // The SDK's errors hold on to sockets and agents, which are too much for an error that is kept and travels.
    const cause = Object.assign(new Error(message), { name, stack, ...(code === undefined ? {} : { code }) });
    if (late !== undefined)
      return new StorageError(this.#name, operation, key, "timeout", `no answer within ${late / 1000} s`, { cause });
    // To HEAD nobody answers with a reason.
    const words = /^Unknown/.test(name) ? "the service gave no reason" : reasonOf(error);
    const reason = status === undefined ? words : `${words}, HTTP ${status}`;
    const advice = ADVICE[name] ?? ADVICE[message];
    return new StorageError(this.#name, operation, key, judge(name, status), reason, {
      cause,
      ...(advice === undefined ? {} : { advice }),
    });
  }

  /** What kept it from opening (a variable that is not set, a missing package) may be mended before the next use. */
  #begin(): Promise<Opened> {
    const opening = this.#open();
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined;
    });
    return opening;
  }

  async #open(): Promise<Opened> {
    const { region, endpoint, pathStyle = endpoint !== undefined, credentials } = this.#options;
    // Before anything is loaded: a variable that is not set is for the user to mend.
    const keys = credentials && revealed(credentials);
    let sdk: typeof Sdk;
    try {
      sdk = await import("@aws-sdk/client-s3");
    } catch (error) {
      throw new PeerMissingError("@aws-sdk/client-s3", "S3Storage", { cause: error });
    }
    const client = new sdk.S3Client({
      ...(region === undefined ? (endpoint === undefined ? {} : { region: "us-east-1" }) : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(keys === undefined ? {} : { credentials: keys }),
      forcePathStyle: pathStyle,
      // Blobs carry a checksum of their own, and services other than Amazon's stumble over the SDK's.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    return { sdk, client };
  }
}

type ServiceError = Error & {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
};

/** Requests of this thread at once, whatever its stores: each takes a connection. The SDK makes no more, and lets time run for the rest. */
const turns = new Turns(50);

/** What to do, by the name of the service's error or the SDK's words, where it is not what holds for the problem anyway. */
const ADVICE: Readonly<Record<string, string>> = {
  "Region is missing": "set region, or AWS_REGION",
  NoSuchBucket: "make the bucket, or mend its name",
  PermanentRedirect: "the bucket is in another region: set region, or AWS_REGION",
  AuthorizationHeaderMalformed: "the bucket is in another region: set region, or AWS_REGION",
};

const NO_MISS = Symbol("a missing object is an error here");

function prefixOption(prefix: unknown): string {
  const text = textOption("s3", "prefix", prefix).replace(/\/*$/, "/");
  if (text.startsWith("/")) throw new InvalidStoreError("s3", "prefix must not begin with a slash");
  return text;
}

function credentialsOption(credentials: S3Credentials): S3Credentials {
  const secret = (name: keyof S3Credentials): EnvironmentReference | undefined =>
    secretOption("s3", `credentials.${name}`, credentials[name]);
  const [accessKeyId, secretAccessKey, sessionToken] = [
    secret("accessKeyId"),
    secret("secretAccessKey"),
    secret("sessionToken"),
  ];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new InvalidStoreError("s3", "credentials must name both accessKeyId and secretAccessKey");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function revealed({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
} {
  return {
    accessKeyId: revealSecret("s3", accessKeyId),
    secretAccessKey: revealSecret("s3", secretAccessKey),
    ...(sessionToken === undefined ? {} : { sessionToken: revealSecret("s3", sessionToken) }),
  };
}

function judge(name: string, status: number | undefined): StorageProblem {
  if (status === 401 || status === 403 || name === "CredentialsProviderError") return "denied";
  if (status === 507 || name === "QuotaExceeded" || name === "EntityTooLarge") return "full";
  if (status === undefined || status >= 500 || status === 429) return "unavailable";
  return "failed";
}
