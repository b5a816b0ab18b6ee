// The upload form: a file by click or drop, sent with its progress shown.

import { RequestError } from "../deduplication/request.js";
import { csrfToken } from "../deduplication/wire.js";
import { reason } from "./reason.js";

const MEGABYTE = 1024 * 1024;

export class UploadForm {
  constructor(form, { uploaded }) {
    this.form = form;
    this.uploaded = uploaded;
    this.file = form.elements.file;
    this.button = form.querySelector("[type=submit]");
    this.file.addEventListener("change", () => this.chosen());
    form.addEventListener("change", () => { this.key = null; });
    form.addEventListener("submit", (event) => this.submitted(event));
    this.startDrop(form.querySelector("#drop"));
  }

  startDrop(place) {
    const over = (isOver) => place.classList.toggle("is-over", isOver);
    place.addEventListener("dragenter", () => over(true));
    place.addEventListener("dragleave", (event) => { if (!place.contains(event.relatedTarget)) over(false); });
    place.addEventListener("drop", () => over(false)); // the field itself takes the file
  }

  chosen() {
    const file = this.file.files[0];
    this.form.querySelector("[data-file-name]").textContent = file ? file.name : "Choose a file or drop it here";
    this.refuse(this.problem(file));
  }

  problem(file) {
    const most = Number(this.form.dataset.maxMegabytes);
    return file && file.size > most * MEGABYTE ? `The file is larger than ${most} MB.` : "";
  }

  async submitted(event) {
    event.preventDefault();
    if (this.button.disabled || this.problem(this.file.files[0])) return;
    this.busy(true);
    try {
      const record = await this.sent();
      this.key = null;
      this.form.reset();
      this.chosen();
      await this.uploaded(record);
    } catch (error) {
      this.refuse(reason(error));
    } finally {
      this.busy(false);
    }
  }

  // fetch tells nothing of an upload's progress; XMLHttpRequest does. The same form sent again has the same key, so that
  // a file whose answer was lost is brought in once.
  sent() {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/api/imports");
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Idempotency-Key", (this.key ??= crypto.randomUUID()));
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => this.progress(event));
      request.addEventListener("error", () => reject(new RequestError({ detail: "The server cannot be reached. Check the connection." })));
      request.addEventListener("load", () => {
        if (request.status < 300) resolve(request.response);
        else reject(new RequestError({ ...request.response, status: request.status }));
      });
      request.send(new FormData(this.form));
    });
  }

  progress({ lengthComputable, loaded, total }) {
    if (!lengthComputable) return;
    const percent = Math.round((100 * loaded) / total);
    this.form.querySelector("progress").value = percent;
    this.form.querySelector("[data-percent]").textContent = `${percent}%`;
  }

  busy(isBusy) {
    this.button.disabled = isBusy;
    this.form.querySelector("#upload").hidden = !isBusy;
  }

  refuse(text) {
    this.form.querySelector("#file-error").textContent = text;
    this.file.setAttribute("aria-invalid", String(Boolean(text)));
  }
}
