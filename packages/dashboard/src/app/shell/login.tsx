import { useState } from "react";
import type { ReactElement, SubmitEvent } from "react";
import { keepsSessions, login } from "../api/session.js";
import { formatRoute, routeNow } from "../routing/route.js";

/** Asks for the token that the scheduler printed when it started. */
export function Login({ onDone }: { readonly onDone: () => void }): ReactElement {
  const [possible] = useState(keepsSessions);
  return <main className="login">{possible ? <TokenForm onDone={onDone} /> : <NoSession />}</main>;
}

/** A token typed here would be asked for again at once, for ever. */
function NoSession(): ReactElement {
  const framed = window.parent !== window;
  const { path, parameters } = routeNow();
  return (
    <div className="login-card">
      <h1>Heddle dashboard</h1>
      {framed ? (
        <>
          <p>
            This dashboard asks for a token, and browsers do not let anybody log in inside of a page of another site.
          </p>
          <a
            className="button primary"
            href={formatRoute(path, { ...parameters, embed: undefined })}
            target="_blank"
            rel="noopener noreferrer"
          >
            Open it in a window of its own
          </a>
          <p className="muted">
            To show it here, serve it under a name of the same site as the page around it, as heddle.ops.example is for
            ops.example, and with the same scheme.
          </p>
        </>
      ) : (
        <p>
          This dashboard asks for a token, and this browser does not keep the cookie that says it was shown. Allow
          cookies for this address, then load it again.
        </p>
      )}
    </div>
  );
}

function TokenForm({ onDone }: { readonly onDone: () => void }): ReactElement {
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
  );
}
