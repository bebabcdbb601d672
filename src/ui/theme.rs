//! Every colour, size and distance of the window. No other file names a colour.

use eframe::egui::{
    self, Color32, CornerRadius, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke,
    TextStyle, Theme, Ui, Visuals, vec2,
};

use crate::app::CauseKind;
use crate::measure::Verdict;

/// The grid that everything sits on.
pub(super) const UNIT: f32 = 4.0;
/// Between things that belong together.
pub(super) const GAP: f32 = 8.0;
/// Between groups.
pub(super) const GROUP: f32 = 16.0;
/// From a panel's edge to its content.
pub(super) const INSET: f32 = 12.0;
/// Height of a table row.
pub(super) const ROW: f32 = 20.0;
/// Corners of buttons and nodes.
pub(super) const RADIUS: u8 = 4;

/// Text.
pub(super) const TEXT: f32 = 13.0;
/// Captions, axis labels and table heads.
pub(super) const CAPTION: f32 = 11.0;
/// The figures of the answer line.
pub(super) const FIGURE: f32 = 22.0;

/// The font at a size.
pub(super) fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// The font of code, whose letters are all of one width.
pub(super) fn code_font() -> FontId {
    FontId::new(CAPTION, FontFamily::Monospace)
}

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    /// Behind everything.
    pub(super) surface: Color32,
    /// Panels.
    pub(super) panel: Color32,
    /// Buttons, tooltips, nodes.
    pub(super) raised: Color32,
    /// Hovered buttons.
    pub(super) lifted: Color32,
    /// Hair lines.
    pub(super) line: Color32,
    /// Text.
    pub(super) text: Color32,
    /// Captions and what is not yet known.
    pub(super) muted: Color32,
    /// In and out of the system; on time.
    pub(super) mint: Color32,
    /// Work.
    pub(super) cyan: Color32,
    /// Tolerated.
    pub(super) amber: Color32,
    /// Late.
    pub(super) coral: Color32,
    /// convert, crop, blur, resize, normalize.
    stages: [Color32; 5],
    /// Any other stage.
    other_stage: Color32,
    /// Causes, in their fixed order.
    causes: [Color32; 14],
    /// Lines over pictures: one is seen on any ground.
    pub(super) over_light: Color32,
    /// The dark half of a line over pictures.
    pub(super) over_dark: Color32,
}

const DARK: Tokens = Tokens {
    surface: Color32::from_rgb(0x0F, 0x14, 0x19),
    panel: Color32::from_rgb(0x15, 0x1B, 0x22),
    raised: Color32::from_rgb(0x1C, 0x24, 0x2D),
    lifted: Color32::from_rgb(0x27, 0x31, 0x3C),
    line: Color32::from_rgb(0x2A, 0x34, 0x40),
    text: Color32::from_rgb(0xE6, 0xED, 0xF3),
    muted: Color32::from_rgb(0x8B, 0x98, 0xA5),
    mint: Color32::from_rgb(0x46, 0xED, 0xC8),
    cyan: Color32::from_rgb(0x7B, 0xE9, 0xFF),
    amber: Color32::from_rgb(0xF2, 0xB8, 0x4B),
    coral: Color32::from_rgb(0xFF, 0x6B, 0x5E),
    stages: [
        Color32::from_rgb(0x6C, 0x9E, 0xF8),
        Color32::from_rgb(0xA7, 0x8B, 0xFA),
        Color32::from_rgb(0x4F, 0xB8, 0xD4),
        Color32::from_rgb(0xB5, 0xCC, 0x6A),
        Color32::from_rgb(0xE3, 0x9A, 0xC6),
    ],
    other_stage: Color32::from_rgb(0x8F, 0xA3, 0xB8),
    causes: [
        Color32::from_rgb(0x8B, 0x98, 0xA5),
        Color32::from_rgb(0xA9, 0xA0, 0x8B),
        Color32::from_rgb(0xF2, 0xB8, 0x4B),
        Color32::from_rgb(0x7B, 0xE9, 0xFF),
        Color32::from_rgb(0xD9, 0xE2, 0x7A),
        Color32::from_rgb(0xFF, 0x8A, 0x70),
        Color32::from_rgb(0xC9, 0x8F, 0xF2),
        Color32::from_rgb(0xF2, 0x7F, 0xB4),
        Color32::from_rgb(0x5F, 0xA8, 0xF0),
        Color32::from_rgb(0x5A, 0xD0, 0xA0),
        Color32::from_rgb(0xA7, 0x8B, 0xFA),
        Color32::from_rgb(0xE0, 0xA0, 0x60),
        Color32::from_rgb(0xFF, 0x6B, 0x5E),
        Color32::from_rgb(0x6B, 0x78, 0x85),
    ],
    over_light: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    over_dark: Color32::from_rgb(0x0F, 0x14, 0x19),
};

const LIGHT: Tokens = Tokens {
    surface: Color32::from_rgb(0xF6, 0xF8, 0xFA),
    panel: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xEC, 0xF0, 0xF4),
    lifted: Color32::from_rgb(0xDF, 0xE5, 0xEB),
    line: Color32::from_rgb(0xD5, 0xDC, 0xE3),
    text: Color32::from_rgb(0x17, 0x20, 0x2A),
    muted: Color32::from_rgb(0x5B, 0x68, 0x75),
    mint: Color32::from_rgb(0x0B, 0x9A, 0x7C),
    cyan: Color32::from_rgb(0x0A, 0x84, 0xA6),
    amber: Color32::from_rgb(0xB4, 0x74, 0x00),
    coral: Color32::from_rgb(0xD6, 0x3A, 0x2E),
    stages: [
        Color32::from_rgb(0x3D, 0x72, 0xD6),
        Color32::from_rgb(0x7B, 0x5B, 0xD6),
        Color32::from_rgb(0x1E, 0x8C, 0xAA),
        Color32::from_rgb(0x7A, 0x94, 0x22),
        Color32::from_rgb(0xC0, 0x5A, 0x98),
    ],
    other_stage: Color32::from_rgb(0x6B, 0x7F, 0x94),
    causes: [
        Color32::from_rgb(0x5B, 0x68, 0x75),
        Color32::from_rgb(0x7A, 0x70, 0x58),
        Color32::from_rgb(0xB4, 0x74, 0x00),
        Color32::from_rgb(0x0A, 0x84, 0xA6),
        Color32::from_rgb(0x7C, 0x80, 0x10),
        Color32::from_rgb(0xD0, 0x50, 0x30),
        Color32::from_rgb(0x8A, 0x4B, 0xC0),
        Color32::from_rgb(0xB8, 0x3C, 0x7C),
        Color32::from_rgb(0x24, 0x6C, 0xC4),
        Color32::from_rgb(0x14, 0x8A, 0x5C),
        Color32::from_rgb(0x6B, 0x4F, 0xD0),
        Color32::from_rgb(0xA0, 0x60, 0x1C),
        Color32::from_rgb(0xD6, 0x3A, 0x2E),
        Color32::from_rgb(0x82, 0x8E, 0x9A),
    ],
    over_light: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    over_dark: Color32::from_rgb(0x0F, 0x14, 0x19),
};

impl Tokens {
    /// The colours of the theme in force.
    pub(super) fn of(ui: &Ui) -> &'static Self {
        Self::in_visuals(ui.visuals())
    }

    /// The colours that belong to these visuals.
    pub(super) const fn in_visuals(visuals: &Visuals) -> &'static Self {
        if visuals.dark_mode { &DARK } else { &LIGHT }
    }

    /// The colour of a verdict. Its shape tells the same without hue.
    pub(super) const fn verdict(&self, verdict: Verdict) -> Color32 {
        match verdict {
            Verdict::OnTime => self.mint,
            Verdict::Tolerated => self.amber,
            Verdict::Late => self.coral,
            Verdict::Skipped => self.muted,
        }
    }

    /// The colour of a drop rate on a map, from the panel's ground (none) over amber to coral (the largest on the map).
    pub(super) fn drop_rate(&self, share: f64, largest: f64) -> Color32 {
        let at = (share / largest.max(1e-9)).clamp(0.0, 1.0).sqrt() as f32;
        if at < 0.5 {
            self.raised.lerp_to_gamma(self.amber, at * 2.0)
        } else {
            self.amber.lerp_to_gamma(self.coral, at * 2.0 - 1.0)
        }
    }

    /// The one colour of a cause. Its shape tells the same without hue.
    pub(super) fn cause(&self, kind: CauseKind) -> Color32 {
        CauseKind::ALL
            .iter()
            .position(|known| *known == kind)
            .map_or(self.muted, |position| self.causes[position])
    }

    /// The one colour of a stage.
    pub(super) fn stage(&self, id: &str) -> Color32 {
        const IDS: [&str; 5] = ["convert", "crop", "blur", "resize", "normalize"];
        IDS.iter()
            .position(|known| *known == id)
            .map_or(self.other_stage, |position| self.stages[position])
    }
}

/// No tint: a picture is painted in its own colours.
pub(super) const AS_IT_IS: Color32 = Color32::WHITE;

/// The colour of a pixel, as it is.
pub(super) const fn pixel([red, green, blue]: [u8; 3]) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// The colour of a diagram, as its text says it.
pub(super) fn diagram_color(color: crate::diagram::Color) -> Color32 {
    Color32::from_rgba_unmultiplied(color.r, color.g, color.b, color.a)
}

/// What a diagram that says nothing of its colours has in this theme.
pub(super) fn diagram_theme(tokens: &Tokens) -> crate::diagram::Theme {
    let of = |color: Color32| crate::diagram::Color {
        r: color.r(),
        g: color.g(),
        b: color.b(),
        a: 255,
    };
    crate::diagram::Theme {
        ground: of(tokens.panel),
        text: of(tokens.text),
        node_fill: of(tokens.raised),
        node_stroke: of(tokens.muted),
        frame_fill: of(tokens.surface),
        frame_stroke: of(tokens.line),
        edge: of(tokens.muted),
    }
}

/// Gives both themes their colours and sizes. Where nobody says which, it is the dark one.
pub(super) fn install(ctx: &egui::Context) {
    for (theme, tokens) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| {
            style.text_styles = [
                (TextStyle::Small, font(CAPTION)),
                (TextStyle::Body, font(TEXT)),
                (TextStyle::Button, font(TEXT)),
                (TextStyle::Monospace, font(TEXT)),
                (TextStyle::Heading, font(FIGURE)),
            ]
            .into();
            let spacing = &mut style.spacing;
            spacing.item_spacing = vec2(GAP, UNIT);
            spacing.button_padding = vec2(GAP, 3.0);
            spacing.interact_size = vec2(28.0, 22.0);
            spacing.slider_rail_height = 3.0;
            spacing.combo_width = 80.0;
            spacing.tooltip_width = 360.0;
            spacing.icon_width = 14.0;
            spacing.icon_width_inner = 8.0;
            spacing.menu_margin = Margin::same(6);
            style.interaction.selectable_labels = false;
            style.interaction.tooltip_delay = 0.25;
            paint(&mut style.visuals, tokens);
        });
    }
    ctx.set_fonts(fonts());
    // A file may be called anything: what the fonts cannot draw is a box, not the end.
    ctx.set_missing_glyph_policy(egui::epaint::text::MissingGlyphPolicy::Tofu);
    ctx.options_mut(|options| {
        options.fallback_theme = Theme::Dark;
        // The keys are in the table of commands.
        options.zoom_with_keyboard = false;
    });
}

/// The sans family, with arrows and signs from the monospaced one, which has more of them.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let more = fonts
        .families
        .get(&FontFamily::Monospace)
        .cloned()
        .unwrap_or_default();
    let sans = fonts.families.entry(FontFamily::Proportional).or_default();
    for name in more {
        if !sans.contains(&name) {
            sans.push(name);
        }
    }
    fonts
}

fn paint(visuals: &mut Visuals, tokens: &Tokens) {
    visuals.panel_fill = tokens.surface;
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.menu_corner_radius = CornerRadius::same(6);
    let shadow = Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: tokens.over_dark.gamma_multiply(0.35),
    };
    visuals.popup_shadow = shadow;
    visuals.window_shadow = shadow;
    visuals.extreme_bg_color = tokens.surface;
    visuals.text_edit_bg_color = Some(tokens.surface);
    visuals.faint_bg_color = tokens.raised;
    visuals.code_bg_color = tokens.raised;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.hyperlink_color = tokens.cyan;
    visuals.warn_fg_color = tokens.amber;
    visuals.error_fg_color = tokens.coral;
    visuals.selection.bg_fill = tokens.mint.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, tokens.text);
    visuals.slider_trailing_fill = true;
    visuals.striped = false;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    let widgets = &mut visuals.widgets;
    for (widget, fill, stroke) in [
        (&mut widgets.noninteractive, tokens.panel, tokens.line),
        (&mut widgets.inactive, tokens.raised, tokens.line),
        (&mut widgets.hovered, tokens.lifted, tokens.muted),
        (&mut widgets.active, tokens.lifted, tokens.mint),
        (&mut widgets.open, tokens.raised, tokens.line),
    ] {
        widget.weak_bg_fill = fill;
        widget.bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, stroke);
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.corner_radius = CornerRadius::same(RADIUS);
        widget.expansion = 0.0;
    }
    // The rail of a slider and the ground of a checkbox have to be seen on a panel.
    visuals.widgets.inactive.bg_fill = tokens.line;
}
