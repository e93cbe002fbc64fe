// Vite turns these imports into the page's stylesheet; to the compiler they are modules without exports.
declare module "*.css";
declare module "@fontsource-variable/inter";
