// A logout is an act: it carries the token that only pages of this site can read.
(function () {
  const cookie = (name) => (document.cookie.split("; ").find((part) => part.startsWith(`${name}=`)) || "").slice(name.length + 1);

  document.addEventListener("click", async (event) => {
    if (event.target.id !== "log-out") return;
    const config = JSON.parse(document.getElementById("_dash-config").textContent);
    const headers = { [config.csrf_header_name]: cookie(config.csrf_token_name) };
    const answer = await fetch(`${config.requests_pathname_prefix}logout`, { method: "POST", headers, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.ok) location.assign(`${config.requests_pathname_prefix}logged-out`);
  });
})();
