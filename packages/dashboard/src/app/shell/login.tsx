import { useState } from "react";
import type { ReactElement, SubmitEvent } from "react";
import { login } from "../api/session.js";

/** Asks for the token that the scheduler printed when it started. */
export function Login({ onDone }: { readonly onDone: () => void }): ReactElement {
  const [token, setToken] = useState("");
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    login(token.trim())
      .then(onDone, (error: Error) => setFailure(error.message))
      .finally(() => setBusy(false));
  };
  return (
    <main className="login">
      <form className="login-card" onSubmit={submit}>
        <h1>Heddle dashboard</h1>
        <p className="muted">
          The scheduler printed an address with a token when it started. Open that address, or paste the token here.
        </p>
        <label>
          <span>Token</span>
          <input
            className="field"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            aria-invalid={failure !== undefined}
            aria-describedby="login-failure"
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <p id="login-failure" className="login-failure" role="alert">
          {failure}
        </p>
        <button type="submit" className="button primary" disabled={busy || token.trim() === ""}>
          {busy ? "Checking" : "Open"}
        </button>
      </form>
    </main>
  );
}
