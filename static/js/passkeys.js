// Buttons for passkeys. They are hidden without this script, and where the browser or the address has no passkeys.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt());
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/// Makes a passkey. Algorithms are those of domain/passkey.rs: ES256, EdDSA, RS256.
const create = async ({ challenge, site, known }, name) => {
  const { id, response } = await navigator.credentials.create({
    publicKey: {
      challenge: new TextEncoder().encode(challenge),
      rp: { id: site, name: site },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      excludeCredentials: known.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: toBytes(id) })),
    },
  });
  const { clientDataJSON } = response;
  return { id, clientDataJSON, authenticatorData: response.getAuthenticatorData(), publicKey: response.getPublicKey() };
};

const get = async ({ challenge, site }) => {
  const { id, response: { clientDataJSON, authenticatorData, signature } } = await navigator.credentials.get({
    publicKey: { challenge: new TextEncoder().encode(challenge), rpId: site, userVerification: "required" },
  });
  return { id, clientDataJSON, authenticatorData, signature };
};

for (const box of document.querySelectorAll(".desk-passkey")) {
  const { purpose, origin, failed } = box.dataset;
  const [button, hint, form] = [box.querySelector("button"), box.querySelector(".hint"), box.closest("form")];
  box.hidden = !window.PublicKeyCredential || location.origin != origin;
  button.addEventListener("click", async () => {
    const fields = [form.elements.name, form.elements.email].filter((field) => field?.required);
    if (purpose == "create" && !fields.every((field) => field.reportValidity())) return;
    const name = form.elements.email?.value || document.querySelector(".dek")?.textContent.trim() || location.host;
    try {
      const answer = Object.entries(purpose == "create" ? await create(box.dataset, name) : await get(box.dataset));
      form.elements.passkey.value = JSON.stringify(
        Object.fromEntries(answer.map(([key, value]) => [key, typeof value == "string" ? value : toText(value)])),
      );
      form.submit();
    } catch {
      hint.textContent = failed;
      hint.setAttribute("role", "alert");
    }
  });
}
