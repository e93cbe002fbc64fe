import { Component, type ComponentChildren, createRef } from "preact";
import type { Row } from "../model/rows.ts";

interface Props {
  /** Set to a function that scrolls to the end, while the list is mounted. */
  readonly handle: { current: (() => void) | null };
  readonly label: string;
  readonly rows: readonly Row[];
  /** Whether the list ends with the newest message. */
  readonly attached: boolean;
  /** True while screen readers should not announce changes. */
  readonly quiet: boolean;
  readonly onOlder: () => void;
  readonly onNewer: () => void;
  /** Called when the end of the list comes into view, or leaves it. */
  readonly onEnd: (atEnd: boolean) => void;
  readonly top: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A row, and its distance from the upper edge in px. */
interface Anchor {
  readonly row: string;
  readonly offset: number;
}

/** This close to the end, in px, counts as at the end: about one row, so that touchpad jitter doesn't scroll away from it. */
const NEAR_END = 40;
/** The next page is requested at this distance from the edge, in px. */
const LOAD_AHEAD = 300;

/** The scrolling list: stays at its end while that is in view, and otherwise keeps the visible rows in place. */
export class Scroller extends Component<Props> {
  private readonly box = createRef<HTMLDivElement>();
  private readonly resized = new ResizeObserver(() => this.onResize());
  /** Whether the list follows its end. */
  private stuck = true;

  /** Scrolls to the newest message and stays there. */
  private readonly toEnd = (): void => {
    this.stuck = true;
    this.restore(null);
    this.props.onEnd(this.props.attached);
  };

  override componentDidMount(): void {
    this.props.handle.current = this.toEnd;
    const box = this.box.current;
    if (box !== null) {
      this.resized.observe(box);
      // A message that folds or unfolds changes the list without a new row.
      for (const list of box.querySelectorAll(".rows")) this.resized.observe(list);
    }
    this.restore(null);
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
    this.restore(anchor);
    if (before.attached !== this.props.attached) this.props.onEnd(this.stuck && this.props.attached);
    this.loadNearEdges();
  }

  private restore(anchor: Anchor | null): void {
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

  /** Handles a change of height that no new row caused. */
  private onResize(): void {
    if (this.stuck) this.restore(null);
    else this.onScroll();
  }

  /** A message that is unfolded is being read: it must not scroll away with the next one. */
  private readonly onUnfold = (event: MouseEvent): void => {
    const { target } = event;
    if (!(target instanceof Element) || target.closest('[aria-expanded="false"]') === null) return;
    this.stuck = false;
    this.props.onEnd(false);
  };

  /** Requests the next page if an edge is near. */
  private loadNearEdges(): void {
    const box = this.box.current;
    if (box === null || box.clientHeight === 0) return;
    if (box.scrollTop < LOAD_AHEAD) this.props.onOlder();
    if (!this.props.attached && box.scrollHeight - box.scrollTop - box.clientHeight < LOAD_AHEAD) this.props.onNewer();
  }

  private readonly onScroll = (): void => {
    const box = this.box.current;
    if (box === null) return;
    const stuck = this.props.attached && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (stuck !== this.stuck) {
      this.stuck = stuck;
      this.props.onEnd(stuck);
    }
    this.loadNearEdges();
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
        onScroll={this.onScroll}
        onClickCapture={this.onUnfold}
      >
        {top}
        {children}
      </div>
    );
  }
}
