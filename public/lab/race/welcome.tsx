/** What this is, in ten seconds. */
export function Welcome() {
  return (
    <header class="welcome">
      <h1>One message, four ways to hear of it</h1>
      <p>
        Four clients sit in one room, each on another transport. Press <b>Send one</b> and see when each of them has the
        message and what that took on the wire: the same server, the same message, the same moment, measured here.
      </p>
    </header>
  );
}
