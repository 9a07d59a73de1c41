//! One executor for each number of rows that has been met: a plan is made for the full batch, the last partial one, one row.

use super::Cpu;
use super::executor::Executor;
use super::simd::Element;
use crate::plan::Plan;
use std::sync::Arc;

/// Executors by number of rows, all on the same threads.
pub struct Executors<T> {
    cpu: Arc<Cpu>,
    by_rows: Vec<(usize, Executor<T>)>,
}

impl<T: Element> Executors<T> {
    /// None yet.
    pub fn new(cpu: Arc<Cpu>) -> Self {
        Executors { cpu, by_rows: Vec::new() }
    }

    /// What the executors run on.
    pub fn cpu(&self) -> &Arc<Cpu> {
        &self.cpu
    }

    /// The executor for this number of rows; `plan` is asked when there is none yet.
    pub fn for_rows(&mut self, rows: usize, plan: impl FnOnce() -> Plan) -> &mut Executor<T> {
        let known = self.by_rows.iter().position(|(known, _)| *known == rows);
        let index = known.unwrap_or_else(|| {
            self.by_rows.push((rows, Executor::new(plan(), Arc::clone(&self.cpu))));
            self.by_rows.len() - 1
        });
        &mut self.by_rows[index].1
    }
}
