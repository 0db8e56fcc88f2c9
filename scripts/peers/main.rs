//! Renders bench.tera of a folder with Rust Tera and says how long it takes.
//!
//! tera-peer FOLDER print           the rendered text
//! tera-peer FOLDER render MS       how long one render takes, compiled before
//! tera-peer FOLDER compile MS      how long compiling all files and one render take
//!
//! Work is repeated for MS milliseconds after a tenth of that to warm up. The two
//! numbers are nanoseconds: of the wall clock, and on the processor.

use std::time::{Duration, Instant};
use tera::{Context, Tera};

fn compile(files: &[(String, String)]) -> Tera {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![".html", ".htm", ".xml"]);
    tera.add_raw_templates(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .expect("the templates compile");
    tera
}

fn processor_time() -> Duration {
    // SAFETY: the kernel fills in the one structure that it is given.
    let mut t: libc::timespec = unsafe { std::mem::zeroed() };
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    assert_eq!(failed, 0, "the processor time");
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

fn measure(length: Duration, mut work: impl FnMut() -> usize) -> (f64, f64) {
    let mut bytes = 0;
    let warm = Instant::now();
    while warm.elapsed() < length / 10 {
        bytes += work();
    }
    let (start, on_processor, mut rounds) = (Instant::now(), processor_time(), 0u32);
    while start.elapsed() < length {
        for _ in 0..8 {
            bytes += work();
        }
        rounds += 8;
    }
    let wall = start.elapsed().as_nanos() as f64;
    let processor = (processor_time() - on_processor).as_nanos() as f64;
    assert!(bytes > 0, "nothing was rendered");
    (wall / f64::from(rounds), processor / f64::from(rounds))
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&args[1]).expect("the folder of the templates") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|e| e == "tera") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).expect("a template")));
        }
    }
    files.sort();
    let json = std::fs::read_to_string(format!("{}/ctx.json", args[1])).expect("the variables");
    let value: serde_json::Value = serde_json::from_str(&json).expect("the variables are JSON");
    let context = Context::from_serialize(value).expect("the variables are an object");

    let tera = compile(&files);
    let render = |tera: &Tera| tera.render("bench.tera", &context).expect("the template renders");
    if args[2] == "print" {
        print!("{}", render(&tera));
        return;
    }
    let length = Duration::from_millis(args[3].parse().expect("milliseconds"));
    let (wall, processor) = match args[2].as_str() {
        "render" => measure(length, || render(&tera).len()),
        "compile" => measure(length, || render(&compile(&files)).len()),
        other => panic!("unknown work {other}"),
    };
    println!("{wall:.0} {processor:.0}");
}
