/** Small helpers that several components share. */
import { Component, type ComponentChildren, type ComponentType } from "preact";

interface BoundaryProps {
  /** Shown in place of children that fail to render. */
  readonly fallback: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Catches errors in rendering its children, so that the rest of the page stays. */
export class ErrorBoundary extends Component<BoundaryProps, { readonly broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(error: unknown): void {
    this.setState({ broken: true });
    reportError(error);
  }

  override render({ fallback, children }: BoundaryProps): ComponentChildren {
    return this.state.broken ? fallback : children;
  }
}

/**
 * Renders again only if a prop has changed, so that adding one line to a list of a thousand stays cheap. `render` must
 * not read signals itself; a component inside it may.
 */
export function memo<Props extends object>(render: (props: Props) => ComponentChildren): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return differ(this.props, next);
    }
    override render(): ComponentChildren {
      return render(this.props);
    }
  };
}

function differ(a: object, b: object): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return true;
  const other = new Map(Object.entries(b));
  return Object.entries(a).some(([key, value]) => !Object.is(value, other.get(key)));
}

/** Whether a field may take the focus by itself. On a touch screen that would open the keyboard over half of the page. */
export function takesFocus(): boolean {
  return matchMedia("(pointer: fine)").matches;
}
