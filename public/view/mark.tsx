/** The project's name and sign. */
export function Mark() {
  return (
    <span class="mark">
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path class="mark-hull" d="M8 .8c3 2 4 5 4 8.200l1.700 3.400H2.300L4 9C4 5.800 5 2.800 8 .8z" />
        <circle class="mark-window" cx="8" cy="6.400" r="1.700" />
        <path class="mark-flame" d="M6.400 13.400h3.200L8 15.800z" />
      </svg>
      <span>Skyrocket</span>
    </span>
  );
}
