//! A team of threads that shares one piece of work after another, with about a microsecond between them.

use std::any::Any;
use std::cell::UnsafeCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How often an idle thread looks for work before it goes to sleep: some tens of microseconds, so that it is awake for
/// the next step of a training run, and asleep when there is none.
const LOOKS_BEFORE_SLEEP: usize = 2000;

/// How often a waiting caller looks before it lets other threads have its core in between.
const LOOKS_BEFORE_YIELD: usize = 200;

/// The most threads of a team; no machine that this runs on has more cores.
const MOST: usize = 1024;

/// Threads that share work: the one that calls [`Threads::run`], and `count - 1` others that wait for it.
///
/// ```
/// use clione::cpu::threads::Threads;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// let threads = Threads::new(2);
/// let sum = AtomicUsize::new(0);
/// threads.run(10, &|part| {
///     sum.fetch_add(part, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 45);
/// ```
pub struct Threads {
    count: usize,
    /// Nobody, when the caller is alone.
    team: Option<Team>,
}

/// What a worker does from its start to its end.
type Work = Box<dyn FnOnce() + Send>;

struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// What the caller (thread 0) and the workers (threads 1, 2, ...) have in common.
struct Shared {
    /// What to do; belongs to the caller, except that whoever has claimed a part may read it until the part is counted
    /// as finished.
    job: UnsafeCell<Job>,
    /// The parts that nobody has claimed yet, in one queue per thread: parts `q`, `q + count`, ... are in queue `q`.
    queues: Box<[Queue]>,
    /// How many parts of the job are not finished yet.
    unfinished: AtomicUsize,
    /// How many jobs there have been: when it changes, there may be something to claim.
    jobs: AtomicUsize,
    /// Somebody is running a job.
    busy: AtomicBool,
    /// The team is dissolved.
    stop: AtomicBool,
    /// What the first part that panicked said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// More threads than cores: waiting threads let others have their core.
    crowded: bool,
}

#[derive(Clone, Copy)]
struct Job {
    run: *const (dyn Fn(usize) + Sync),
    parts: usize,
}

/// The queue of one thread, on cache lines of its own.
#[repr(align(128))]
struct Queue {
    /// How many of its parts are unclaimed.
    left: AtomicUsize,
    /// Its thread sleeps, or is about to, and must be woken.
    asleep: AtomicBool,
}

// SAFETY: the only field that is not `Sync` by itself is `job`. It is written by the thread that holds `busy`, while no
// part is unfinished; and read by threads that have claimed a part, which keeps that part unfinished. The claim reads
// what `Queue::left` was set to after the job was written (release, acquire), and the caller sees the last part finished
// (release, acquire) before it, or the next one, can write the job again.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` is to something `Sync`, and is followed as described above only.
unsafe impl Send for Shared {}

impl Threads {
    /// A team of `count` threads (at least 1, at most 1024), the caller's own among them. Where the system does not let so many
    /// start, there are fewer, and all results are the same.
    pub fn new(count: usize) -> Self {
        Threads::of(count, |name, work| thread::Builder::new().name(name).spawn(work))
    }

    /// As [`Threads::new`], with another way to start a thread.
    fn of(count: usize, start: impl Fn(String, Work) -> io::Result<JoinHandle<()>>) -> Self {
        let team = (count > 1).then(|| Team::new(count.min(MOST), start)).filter(|team| !team.workers.is_empty());
        Threads { count: 1 + team.as_ref().map_or(0, |team| team.workers.len()), team }
    }

    /// How many threads there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Calls `part(0)`, `part(1)`, ... `part(parts - 1)`, each once, on all threads, and returns when all have returned.
    ///
    /// Part `p` runs on thread `p % count` where that thread is free, so that it finds again in its cache what it left
    /// there; a thread that has nothing left to do takes over parts of the others. A panic of a part is passed on when
    /// all are done. A call from within a part, or during a call from elsewhere, runs its parts on its own thread.
    pub fn run(&self, parts: usize, part: &(dyn Fn(usize) + Sync)) {
        match &self.team {
            Some(team) if parts > 1 && !team.shared.busy.swap(true, Ordering::Acquire) => team.run(parts, part),
            _ => (0..parts).for_each(part),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let Some(team) = &mut self.team else { return };
        team.shared.stop.store(true, Ordering::SeqCst);
        for worker in team.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of its parts, so it has none of its own to report.
            let _ = worker.join();
        }
    }
}

impl Team {
    /// A team with up to `count - 1` workers: as many as start. Parts in the queue of one that did not are taken over by others.
    fn new(count: usize, start: impl Fn(String, Work) -> io::Result<JoinHandle<()>>) -> Self {
        let shared = Arc::new(Shared {
            job: UnsafeCell::new(Job { run: &|_| (), parts: 0 }),
            queues: (0..count).map(|_| Queue { left: AtomicUsize::new(0), asleep: AtomicBool::new(false) }).collect(),
            unfinished: AtomicUsize::new(0),
            jobs: AtomicUsize::new(0),
            busy: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
            crowded: thread::available_parallelism().is_ok_and(|cores| count > cores.get()),
        });
        let workers = (1..count)
            .map_while(|index| {
                let shared = Arc::clone(&shared);
                start(format!("clione-{index}"), Box::new(move || shared.wait_and_work(index))).ok()
            })
            .collect();
        Team { shared, workers }
    }

    /// Runs a job as thread 0; the caller has set `busy`.
    fn run(&self, parts: usize, part: &(dyn Fn(usize) + Sync)) {
        let shared = &*self.shared;
        let count = shared.queues.len();
        // SAFETY: only the lifetime changes. The pointer is followed by whoever has claimed a part, and this function
        // does not return before all parts are finished.
        let run = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const (dyn Fn(usize) + Sync + 'static)>(part)
        };
        // SAFETY: this thread has set `busy`, and all parts of the job before are finished, so nobody reads it.
        unsafe { *shared.job.get() = Job { run, parts } };
        shared.unfinished.store(parts, Ordering::Relaxed);
        for (index, queue) in shared.queues.iter().enumerate() {
            queue.left.store(parts_of_queue(index, parts, count), Ordering::Release);
        }
        shared.jobs.fetch_add(1, Ordering::SeqCst);
        for (worker, queue) in self.workers.iter().zip(&shared.queues[1..]).take(parts - 1) {
            // A worker says that it sleeps before it looks at `jobs` a last time, and this looks at that after `jobs`
            // has changed: whichever comes first, the worker does not miss the job.
            if queue.asleep.load(Ordering::SeqCst) {
                queue.asleep.store(false, Ordering::Relaxed);
                worker.thread().unpark();
            }
        }

        shared.work(0);

        let mut looks = 0;
        while shared.unfinished.load(Ordering::Acquire) > 0 {
            looks += 1;
            if shared.crowded || looks > LOOKS_BEFORE_YIELD { thread::yield_now() } else { std::hint::spin_loop() }
        }
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        shared.busy.store(false, Ordering::Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Shared {
    /// The life of a worker.
    fn wait_and_work(&self, index: usize) {
        let asleep = &self.queues[index].asleep;
        while !self.stop.load(Ordering::SeqCst) {
            let seen = self.jobs.load(Ordering::SeqCst);
            self.work(index);
            let is_idle = || self.jobs.load(Ordering::SeqCst) == seen && !self.stop.load(Ordering::SeqCst);
            let mut looks = 0;
            while looks < LOOKS_BEFORE_SLEEP && is_idle() {
                looks += 1;
                if self.crowded && looks % 16 == 0 { thread::yield_now() } else { std::hint::spin_loop() }
            }
            if looks == LOOKS_BEFORE_SLEEP {
                asleep.store(true, Ordering::SeqCst);
                while is_idle() {
                    thread::park();
                }
                asleep.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Claims and runs parts, those of the own queue first, until all are claimed.
    fn work(&self, index: usize) {
        let count = self.queues.len();
        for queue in (index..count).chain(0..index) {
            while let Some((run, part)) = self.claim(queue) {
                // SAFETY: the part is claimed and not finished, so the caller of `Threads::run` still waits, and what
                // `run` points to still lives.
                let run = unsafe { &*run };
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(part))) {
                    self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
                }
                self.unfinished.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// The next part of a queue, and what to run for it.
    fn claim(&self, queue: usize) -> Option<(*const (dyn Fn(usize) + Sync), usize)> {
        let take_one = |left: usize| left.checked_sub(1);
        let left = self.queues[queue].left.fetch_update(Ordering::Acquire, Ordering::Relaxed, take_one).ok()?;
        // SAFETY: the part that was just claimed is not finished, so nobody writes the job.
        let job = unsafe { *self.job.get() };
        let count = self.queues.len();
        let turn = parts_of_queue(queue, job.parts, count) - left;
        Some((job.run, queue + turn * count))
    }
}

/// How many of `parts` parts are in queue `queue` of `count`.
fn parts_of_queue(queue: usize, parts: usize, count: usize) -> usize {
    parts.saturating_sub(queue).div_ceil(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_runs_once_on_any_number_of_threads() {
        for count in [1, 2, 3, 8] {
            let threads = Threads::new(count);
            for parts in [0, 1, 2, 3, 7, 8, 9, 100] {
                for _ in 0..20 {
                    let runs: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
                    threads.run(parts, &|part| {
                        runs[part].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(runs.iter().all(|runs| runs.load(Ordering::Relaxed) == 1), "{parts} on {count}");
                }
            }
        }
    }

    #[test]
    fn where_some_threads_cannot_start_the_others_run_every_part() {
        for startable in 0..4 {
            let started = AtomicUsize::new(0);
            let threads = Threads::of(4, |_, work| {
                if started.fetch_add(1, Ordering::Relaxed) < startable {
                    thread::Builder::new().spawn(work)
                } else {
                    Err(io::ErrorKind::WouldBlock.into())
                }
            });
            assert_eq!(threads.count(), 1 + startable.min(3));
            for _ in 0..20 {
                let runs: Vec<AtomicUsize> = (0..9).map(|_| AtomicUsize::new(0)).collect();
                threads.run(9, &|part| {
                    runs[part].fetch_add(1, Ordering::Relaxed);
                });
                assert!(runs.iter().all(|runs| runs.load(Ordering::Relaxed) == 1), "{startable}");
            }
        }
    }

    #[test]
    fn sleeping_threads_wake_up() {
        let threads = Threads::new(3);
        for _ in 0..5 {
            thread::sleep(std::time::Duration::from_millis(3));
            let together = std::sync::Barrier::new(3);
            // Nobody gets past the barrier alone, so all three threads take part.
            threads.run(3, &|_| {
                together.wait();
            });
        }
    }

    #[test]
    fn a_panic_of_a_part_reaches_the_caller_and_leaves_the_threads_usable() {
        let threads = Threads::new(2);
        let finished = AtomicUsize::new(0);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            threads.run(6, &|part| {
                assert_ne!(part, 3, "part three is broken");
                finished.fetch_add(1, Ordering::Relaxed);
            });
        }));
        let panic = outcome.expect_err("part 3 panics");
        assert!(panic.downcast_ref::<String>().is_some_and(|message| message.contains("part three is broken")));
        assert_eq!(finished.load(Ordering::Relaxed), 5);
        threads.run(2, &|_| {
            finished.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(finished.into_inner(), 7);
    }

    #[test]
    fn a_part_may_run_parts_itself() {
        let threads = Threads::new(2);
        let runs = AtomicUsize::new(0);
        threads.run(3, &|_| {
            threads.run(4, &|_| {
                runs.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(runs.into_inner(), 12);
    }

    #[test]
    fn several_callers_may_share_a_team() {
        let threads = Threads::new(2);
        let runs = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        threads.run(3, &|_| {
                            runs.fetch_add(1, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(runs.into_inner(), 900);
    }
}
