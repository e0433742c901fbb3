//! Tells the source which Python it is built for: `cfg(Py_3_12)` and its like, its version as text, and
//! `cfg(bluetooth)`.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
    println!("cargo::rustc-env=PYTHON_VERSION={}", pyo3_build_config::get().version());
    println!("cargo::rustc-check-cfg=cfg(bluetooth)");
    if has_bluetooth() {
        println!("cargo::rustc-cfg=bluetooth");
    }
}

/// Whether the interpreter was built with Bluetooth's headers: C's `_socket` has Bluetooth's names only then.
fn has_bluetooth() -> bool {
    const ASK: &str = "import sysconfig\n\
        print(any(map(sysconfig.get_config_var, ['HAVE_BLUETOOTH_BLUETOOTH_H', 'HAVE_BLUETOOTH_H'])))";
    let python = pyo3_build_config::get();
    // Where none runs, as when building for another machine, there is nobody to ask.
    python.executable().is_some() && python.run_python_script(ASK).is_ok_and(|said| said.trim() == "True")
}
