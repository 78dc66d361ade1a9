//! Style, script and icon, inside the binary, under addresses that change with their content.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// For every asset found: its address names its content, so it never changes.
pub const ASSET_CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Where the pages look for assets. Serve `/assets/{path}` from [`find`].
const ROOT: &str = "/assets/";
/// Twelve hex digits (48 bits) of SHA-256 tell three files apart, and keep addresses readable.
const HASH_DIGITS: usize = 12;

/// A file that the pages load.
#[derive(Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// Its `Content-Type`.
    pub mime: &'static str,
    /// Its `ETag`, with the quotes.
    pub etag: String,
    path: String,
}

impl Asset {
    fn new(stem: &str, extension: &str, mime: &'static str, bytes: &'static [u8]) -> Self {
        let mut hash = hex::encode(Sha256::digest(bytes));
        hash.truncate(HASH_DIGITS);
        Self { bytes, mime, etag: format!("\"{hash}\""), path: format!("{stem}.{hash}.{extension}") }
    }

    /// A script whose address names its version, for scripts that load each other by name.
    fn of_version(path: &str, bytes: &'static [u8]) -> Self {
        Self { path: path.to_owned(), ..Self::new("", "js", "text/javascript; charset=utf-8", bytes) }
    }

    /// The address that pages write.
    pub(super) fn href(&self) -> String {
        format!("{ROOT}{}", self.path)
    }
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("pilothouse", "css", "text/css; charset=utf-8", include_bytes!("../../assets/pilothouse.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("live", "js", "text/javascript; charset=utf-8", include_bytes!("../../assets/live.js"))
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("pilothouse", "svg", "image/svg+xml", include_bytes!("../../assets/pilothouse.svg")));

pub(super) static CAMERA: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("camera", "js", "text/javascript; charset=utf-8", include_bytes!("../../assets/camera.js"))
});

/// htmx 2.0.7, as its makers publish it: swaps parts of pages, where a script may run.
pub(super) static HTMX: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("../../assets/vendor/htmx.min.js"))
});

/// qr 0.7.0 by Paul Miller, as published: reads codes where the browser itself cannot. Its first file loads the second by name, so
/// their addresses change with its version.
pub(super) static CODE_READER: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        Asset::of_version("qr-0.7.0/decode.js", include_bytes!("../../assets/vendor/qr/decode.js")),
        Asset::of_version("qr-0.7.0/index.js", include_bytes!("../../assets/vendor/qr/index.js")),
    ]
});

fn all() -> impl Iterator<Item = &'static Asset> {
    [&*STYLE, &*SCRIPT, &*CAMERA, &*ICON, &*HTMX].into_iter().chain(&*CODE_READER)
}

/// The asset at this path below `/assets/`. None for an older content: its page is older too, and loads anew.
pub fn find(path: &str) -> Option<&'static Asset> {
    all().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_where_pages_point() {
        for asset in all() {
            let path = asset.href();
            let found = find(path.strip_prefix(ROOT).unwrap()).unwrap();
            assert_eq!(found.bytes, asset.bytes);
            assert!(found.etag.starts_with('"') && found.etag.ends_with('"'));
        }
    }

    #[test]
    fn other_paths_find_nothing() {
        for path in ["", "pilothouse.css", "pilothouse.000000000000.css", "../Cargo.toml"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_style_and_the_script_load_nothing_from_elsewhere() {
        for asset in [&*STYLE, &*SCRIPT, &*CAMERA] {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            for foreign in ["http:", "https:", "@import", "url(", "eval(", "innerHTML"] {
                assert!(!text.contains(foreign), "{foreign} in {}", asset.path);
            }
        }
    }
}
