/** The page's icons and logo. */

const PATHS = {
  send: "M2.500 8h10M8.500 4l4 4-4 4",
  smile:
    "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.500 9.500c.6 1 1.500 1.500 2.500 1.500s1.900-.5 2.500-1.500M6 6.300v.4M10 6.300v.4",
  link: "M6.700 9.300a2.700 2.700 0 0 0 3.800 0l2-2a2.700 2.700 0 0 0-3.800-3.800l-.8.8M9.300 6.700a2.700 2.700 0 0 0-3.800 0l-2 2a2.700 2.700 0 0 0 3.800 3.800l.8-.8",
  lock: "M3.500 7.500h9v6h-9zM5.500 7.500v-2.500a2.500 2.500 0 0 1 5 0v2.500",
  tick: "M3 8.500 6.500 12 13 4.500",
  clock: "M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3.200l2 1.300",
  warning: "M8 2.500 14 13H2zM8 6.500v3M8 11.300v.2",
  down: "M8 3v10M4 9l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  people:
    "M6 3a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM1.500 13.500c.3-2.300 2-3.700 4.500-3.700s4.200 1.400 4.500 3.700M10.500 3.300a2.300 2.300 0 0 1 0 4.400M12.500 10.300c1.200.6 1.900 1.700 2 3.200",
  leave: "M6.500 3h-3v10h3M7.500 8h6M11 5.500 13.500 8 11 10.500",
  light:
    "M8 5.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9",
  dark: "M13.300 9.600A5.800 5.800 0 0 1 6.400 2.700a5.600 5.600 0 1 0 6.900 6.900z",
  system: "M2 3.500h12v7.500H2zM6 13.500h4M8 11v2.500",
} as const;

/** Draws an icon. It is decorative: a label or text next to it always has the same meaning. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Shows the project's logo and name. */
export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path class="logo-hull" d="M8 .8c3 2 4 5 4 8.200l1.700 3.400H2.300L4 9C4 5.800 5 2.800 8 .8z" />
        <circle class="logo-window" cx="8" cy="6.400" r="1.700" />
        <path class="logo-flame" d="M6.400 13.400h3.200L8 15.800z" />
      </svg>
      <span>Skyrocket</span>
    </span>
  );
}
