/** The tab's title: how much is unread comes first, where a narrow tab still shows it. */
export function titleOf(room: string | null, unread: number): string {
  if (room === null) return "Skyrocket";
  return `${unread === 0 ? "" : `(${unread.toLocaleString()}) `}#${room} · Skyrocket`;
}
