//! The memories that a plan's places lie in, as pointers.

use crate::plan::{Place, Space};

/// Arena, parameters and gradients of one run of a plan.
#[derive(Clone, Copy)]
pub struct Memory<T> {
    /// The executor's own memory.
    pub arena: *mut T,
    /// The parameters; nothing writes them.
    pub parameters: *const T,
    /// The gradients.
    pub gradients: *mut T,
}

// SAFETY: a memory is pointers only; whoever follows one on another thread answers for what it leads to.
unsafe impl<T: Send + Sync> Sync for Memory<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Memory<T> {}

impl<T> Memory<T> {
    /// Where a place begins.
    #[inline(always)]
    pub fn at(&self, place: Place) -> *mut T {
        match place.space {
            Space::Arena => self.arena.wrapping_add(place.offset),
            Space::Parameters => self.parameters.cast_mut().wrapping_add(place.offset),
            Space::Gradients => self.gradients.wrapping_add(place.offset),
        }
    }
}
