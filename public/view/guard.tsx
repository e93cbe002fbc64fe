import { Component, type ComponentChildren } from "preact";

interface Props {
  /** Shown in place of what can't be drawn. */
  readonly instead: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Keeps a fault in drawing its children from taking everything around them along. */
export class Guard extends Component<Props, { readonly broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(error: unknown): void {
    this.setState({ broken: true });
    reportError(error);
  }

  override render({ instead, children }: Props): ComponentChildren {
    return this.state.broken ? instead : children;
  }
}
