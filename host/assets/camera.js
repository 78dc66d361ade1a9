// Reads a card's QR code with the camera: by the browser itself where it can, else by the library beside this file. Without this
// script, or without a camera, the text is pasted.
"use strict";
(() => {
  const place = document.getElementById("camera");
  const field = document.getElementById("card");
  if (!place || !field || !navigator.mediaDevices) return;

  const LOOK_EVERY_MS = 250;
  // A card's code is small and dense: as sharp as the camera can up to this, and no more than the library takes.
  const WANTED = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
  const reader = async () => {
    const formats = "BarcodeDetector" in window ? await window.BarcodeDetector.getSupportedFormats().catch(() => []) : [];
    const Detector = formats.includes("qr_code") ? window.BarcodeDetector : (await import(place.dataset.reader)).BarcodeDetector;
    return new Detector({ formats: ["qr_code"] });
  };
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
  let detector = null;
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
      detector ??= await reader();
      stream = await navigator.mediaDevices.getUserMedia({ video: WANTED });
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
