// Keeps the original of a lens in the browser and hands it to whoever asks for it by name.

function mount({ data, parentElement }) {
  const announce = () => document.dispatchEvent(new CustomEvent("cnnviz-source", { detail: data }));
  const answer = ({ detail }) => { if (detail.name === data.name) detail.url = data.url; };
  const host = parentElement.host ?? parentElement;
  if (host.answer) document.removeEventListener("cnnviz-source-wanted", host.answer);
  host.answer = answer;
  document.addEventListener("cnnviz-source-wanted", answer);
  announce();
  return () => document.removeEventListener("cnnviz-source-wanted", answer);
}
