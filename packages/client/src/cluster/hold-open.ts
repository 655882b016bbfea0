/**
 * Keeps this process alive until a promise that was handed to the user settles. Sockets and child processes of Heddle do not: a
 * script that waits for nothing ends, as it would without them.
 */
export function holdOpen<T>(promise: Promise<T>): Promise<T> {
  // The longest delay there is; what it does when it fires does not matter.
  const hold = setInterval(() => {}, 2 ** 31 - 1);
  const release = (): void => clearInterval(hold);
  promise.then(release, release);
  return promise;
}
