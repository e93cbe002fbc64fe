/** What this is, in ten seconds. */
export function Welcome() {
  return (
    <header class="welcome">
      <h1>One message, four ways to receive it</h1>
      <p>
        Four clients share a room, each on a different transport. Press <b>Send one</b>: see when each one gets the
        message, and how many bytes that took.
      </p>
    </header>
  );
}
