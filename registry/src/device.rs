//! What kinds of devices a facility enrols.

use crate::ids::closed_set;

closed_set! {
    /// What a device is; pilots and lists name it so.
    DeviceClass, "the class of the device", {
        /// A verifier that is carried about.
        Handheld = "handheld" ("máy đọc cầm tay", "handheld reader"),
        /// A reader that stands on a desk and shows the answer.
        DeskReader = "desk-reader" ("máy đọc tại quầy", "desk reader"),
        /// A stand that people serve themselves at.
        Kiosk = "kiosk" ("ki-ốt", "kiosk"),
        /// A gate or a door.
        Gate = "gate" ("cổng kiểm soát", "gate"),
    }
}
