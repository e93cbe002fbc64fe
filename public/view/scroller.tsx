import { Component, type ComponentChildren, createRef } from "preact";
import type { Row } from "../model/rows.ts";

interface Props {
  /** Filled with the way to the end as long as the list is there. */
  readonly handle: { current: (() => void) | null };
  readonly label: string;
  readonly rows: readonly Row[];
  /** The list ends with the newest message. */
  readonly attached: boolean;
  /** What changes now is no news: it is not to be read out. */
  readonly quiet: boolean;
  readonly onOlder: () => void;
  readonly onNewer: () => void;
  /** Whether the end of the list is in view. */
  readonly onEnd: (atEnd: boolean) => void;
  readonly top: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A line of the list and how far from the upper edge it stands. */
interface Anchor {
  readonly row: string;
  readonly offset: number;
}

/** This near to the end counts as at the end, in px: a line's height, so that a touchpad's tremble doesn't unstick it. */
const NEAR_END = 40;
/** So much before the edge is reached the next page is asked for, in px. */
const AHEAD = 300;

/** The list of messages: stays at its end while that is in view, and otherwise keeps what is read where it is. */
export class Scroller extends Component<Props> {
  private readonly box = createRef<HTMLDivElement>();
  private readonly resized = new ResizeObserver(() => this.resettle());
  private stuck = true;

  /** Scrolls to the newest message and stays there. */
  private readonly toEnd = (): void => {
    this.stuck = true;
    this.settle(null);
    this.props.onEnd(this.props.attached);
  };

  override componentDidMount(): void {
    this.props.handle.current = this.toEnd;
    const box = this.box.current;
    if (box !== null) {
      this.resized.observe(box);
      // A line that folds or unfolds changes the list without a new row.
      for (const list of box.querySelectorAll(".rows")) this.resized.observe(list);
    }
    this.settle(null);
  }

  override componentWillUnmount(): void {
    this.resized.disconnect();
    this.props.handle.current = null;
  }

  override shouldComponentUpdate(): boolean {
    return true;
  }

  override getSnapshotBeforeUpdate(): Anchor | null {
    const box = this.box.current;
    if (box === null || this.stuck) return null;
    const edge = box.scrollTop;
    for (const row of box.querySelectorAll<HTMLElement>("[data-row]")) {
      if (row.offsetTop + row.offsetHeight > edge)
        return { row: row.dataset["row"] ?? "", offset: row.offsetTop - edge };
    }
    return null;
  }

  override componentDidUpdate(before: Props, _state: object, anchor: Anchor | null): void {
    this.settle(anchor);
    if (before.attached !== this.props.attached) this.props.onEnd(this.stuck && this.props.attached);
    this.reach();
  }

  private settle(anchor: Anchor | null): void {
    const box = this.box.current;
    if (box === null) return;
    if (this.stuck) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    if (anchor === null) return;
    const row = box.querySelector<HTMLElement>(`[data-row="${CSS.escape(anchor.row)}"]`);
    if (row !== null) box.scrollTop = row.offsetTop - anchor.offset;
  }

  /** After a change of height that no new row has made. */
  private resettle(): void {
    if (this.stuck) this.settle(null);
    else this.scrolled();
  }

  /** What is unfolded is being read: it must not run away with the next message. */
  private readonly unfolded = (event: MouseEvent): void => {
    const { target } = event;
    if (!(target instanceof Element) || target.closest('[aria-expanded="false"]') === null) return;
    this.stuck = false;
    this.props.onEnd(false);
  };

  /** Asks for what lies beyond an edge that is near. */
  private reach(): void {
    const box = this.box.current;
    if (box === null || box.clientHeight === 0) return;
    if (box.scrollTop < AHEAD) this.props.onOlder();
    if (!this.props.attached && box.scrollHeight - box.scrollTop - box.clientHeight < AHEAD) this.props.onNewer();
  }

  private readonly scrolled = (): void => {
    const box = this.box.current;
    if (box === null) return;
    const stuck = this.props.attached && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (stuck !== this.stuck) {
      this.stuck = stuck;
      this.props.onEnd(stuck);
    }
    this.reach();
  };

  override render({ label, quiet, top, children }: Props): ComponentChildren {
    return (
      <div
        ref={this.box}
        class="log"
        role="log"
        aria-label={label}
        aria-live={quiet ? "off" : "polite"}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        tabIndex={0}
        onScroll={this.scrolled}
        onClickCapture={this.unfolded}
      >
        {top}
        {children}
      </div>
    );
  }
}
