/** How the lanes are to be read. */
export function Legend() {
  return (
    <ul class="legend">
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path d="M4 1 24 13" />
        </svg>
        bytes in flight: the steeper, the faster
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <circle cx="14" cy="7" r="4" />
        </svg>
        the server has the message: the same moment on every lane
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path class="legend-ribbon" d="M2 7h24" />
        </svg>
        the message waits there
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path class="legend-fill" d="M9 2h10l-5 9z" />
        </svg>
        received (hollow: fetched afterwards, by resuming from its cursor)
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path d="M2 9h24" />
        </svg>
        along the lower line: a request or stream that is open
      </li>
    </ul>
  );
}
