// Shows the contract of this service. In a file of its own: the page allows no inline scripts.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  plugins: [CodeSamples, Accessible],
  syntaxHighlight: { theme: 'tomorrow-night' },
  showCommonExtensions: true,
});
