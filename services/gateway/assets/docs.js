window.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  persistAuthorization: false,
  // No outside validator: nothing on this page leaves this host.
  validatorUrl: null,
});
