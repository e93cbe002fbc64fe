/** What this is, in ten seconds. */
export function Welcome() {
  return (
    <header class="welcome">
      <h1>One message, four ways to hear of it</h1>
      <p>
        Four clients sit in one room, each on another transport. Press <b>Send one</b> and see when each of them has the
        message, what that took on the wire, and, in bad weather, what it takes to lose nothing. All of it is real and
        measured here: the same server, the same message, the same moment.
      </p>
    </header>
  );
}
