/** What the value codec learns beyond plain data, on the client's side: functions, classes and instances. */
import { Reviver, TravellingValues, capturing } from "@heddle/closures";

let reviver: Reviver | undefined;

/**
 * One for the process: a class that came back from a worker is the same class for every client.
 *
 * @remarks Functions that arrive find packages where this program runs.
 */
export const travelling = new TravellingValues(() => (reviver ??= new Reviver({ baseDir: process.cwd() })));
travelling.install(capturing);

export const codecExtensions = travelling.extensions;
