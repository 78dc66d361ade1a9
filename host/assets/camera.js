// Reads a card's QR code with the camera, where the browser can. Without this script, or without a camera, the text is pasted.
"use strict";
(async () => {
  const place = document.getElementById("camera");
  const field = document.getElementById("card");
  if (!place || !field || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const known = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!known.includes("qr_code")) return;

  const LOOK_EVERY_MS = 250;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = place.dataset.open;
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const video = document.createElement("video");
  video.muted = true;
  video.setAttribute("playsinline", "");
  video.hidden = true;
  place.append(button, said, video);
  place.hidden = false;

  let stream = null;
  const close = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    button.textContent = place.dataset.open;
  };
  const look = async () => {
    if (!stream) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (code) {
      field.value = code.rawValue;
      said.textContent = place.dataset.found;
      close();
      field.focus();
      return;
    }
    setTimeout(look, LOOK_EVERY_MS);
  };
  button.addEventListener("click", async () => {
    if (stream) return close();
    said.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      said.textContent = place.dataset.none;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    button.textContent = place.dataset.close;
    await video.play();
    look();
  });
})();
