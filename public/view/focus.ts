/** Whether a field may take the focus by itself: on a touch screen that would open the keyboard over half of the page. */
export function takesFocus(): boolean {
  return matchMedia("(pointer: fine)").matches;
}
