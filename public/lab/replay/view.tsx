export function ReplayView() {
  return <main />;
}
