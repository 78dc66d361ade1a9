//! Writes genuine inputs into the corpus, from which the fuzz targets set out: `cargo run -p pilothouse-hostile --example seeds`.

use std::path::Path;

use pilothouse_hostile::PARSERS;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for parser in PARSERS {
        let folder = corpus.join(parser.name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in (parser.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("genuine-{number}")), seed)?;
        }
    }
    Ok(())
}
