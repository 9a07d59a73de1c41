//! Workloads of clione and of its peers, timed side by side: `clione-bench WORKLOAD [--threads N] [--check]`.

mod data;
mod measure;
mod networks;
mod w10;
mod w8;

/// One workload.
struct Workload {
    name: &'static str,
    measures: &'static str,
    run: fn(&[String]),
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "w1", measures: "the article, microseconds per iteration and from cold", run: networks::article },
    Workload { name: "w1-once", measures: "the article once, without a word", run: networks::article_once },
    Workload { name: "w2", measures: "a small table, microseconds per step", run: networks::table },
    Workload { name: "w3", measures: "digits, seconds per epoch and peak memory", run: networks::digits },
    Workload { name: "w7", measures: "predictions for digits, microseconds", run: networks::predictions },
    Workload { name: "w11", measures: "many classes, microseconds per step", run: networks::classes },
    Workload { name: "w10", measures: "a table of 30 million cells, seconds and peak memory", run: w10::run },
    Workload { name: "w8", measures: "matrix products, GFLOP/s and share of peak", run: w8::run },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map(|name| name.to_lowercase());
    match WORKLOADS.iter().find(|workload| Some(workload.name) == name.as_deref()) {
        Some(workload) => (workload.run)(&arguments[1..]),
        None => {
            eprintln!("usage: clione-bench WORKLOAD [--threads N] [--check]");
            WORKLOADS.iter().for_each(|workload| eprintln!("  {:8} {}", workload.name, workload.measures));
            std::process::exit(2);
        }
    }
}
