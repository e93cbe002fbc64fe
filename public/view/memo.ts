import { Component, type ComponentChildren, type ComponentType } from "preact";

function differ(a: object, b: object): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return true;
  const other = new Map(Object.entries(b));
  return Object.entries(a).some(([key, value]) => !Object.is(value, other.get(key)));
}

/**
 * A component drawn again only when one of its props has changed: a list of a thousand lines stays cheap when one is
 * added. What it draws must not read signals itself; a component inside may.
 */
export function memo<Props extends object>(draw: (props: Props) => ComponentChildren): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return differ(this.props, next);
    }
    override render(): ComponentChildren {
      return draw(this.props);
    }
  };
}
