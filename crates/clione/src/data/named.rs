//! Choices with names: an enum whose names stand in one table, for flags, recipes and model files.

macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every choice there is, in the order of the documentation.
            pub fn all() -> &'static [$name] {
                &[$($name::$variant),*]
            }

            /// The name that flags, recipes and model files use.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }

            /// The choice with this name.
            pub fn named(name: &str) -> crate::base::error::Result<$name> {
                $name::all().iter().copied().find(|choice| choice.name() == name).ok_or_else(|| {
                    let names: Vec<&str> = $name::all().iter().map(|choice| choice.name()).collect();
                    let known = names.join(", ");
                    let headline = format!("no {} \"{name}\": choose from {known}", $what);
                    let error = crate::base::error::Error::usage(headline);
                    match crate::base::error::nearest(name, names) {
                        Some(near) => error.note(format!("did you mean \"{near}\"?")),
                        None => error,
                    }
                })
            }
        }
    };
}
pub(super) use named;
