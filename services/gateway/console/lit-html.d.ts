/** The gateway serves the package's own file under this name. */
export * from "lit-html";
