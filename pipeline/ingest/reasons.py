"""Why a file is used or not: the closed lists of reasons and notes, with their sentences for people.

Every file of RAW gets exactly one state and one reason of `REASONS`, and any number of notes of `NOTES`.
A detail beside them holds numbers and keywords of the standard only, never the text of an attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["accepted", "excluded", "quarantined", "failed"]


@dataclass(frozen=True)
class Reason:
    """One reason: the state it gives a file, what it means, and what a person can do about it.

    Where the way out depends on the detail, `next_steps` has it.
    """

    state: State
    sentence: str
    next_step: str = ""


class Refusal(Exception):
    """Says that a file can't be used, with the code of a reason and a detail (numbers and keywords)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[Refusal], tuple[str, str]]:
        return (Refusal, (self.reason, self.detail))


REASONS: dict[str, Reason] = {
    "ok": Reason("accepted", "Used."),
    "duplicate_identical": Reason(
        "excluded", "The same image is already in; this copy adds nothing.", "Nothing to do."
    ),
    "not_dicom": Reason(
        "excluded",
        "Not a DICOM file.",
        "If it is a scan, export it as DICOM, NIfTI, PNG, JPEG or TIFF; anything else may stay where it is.",
    ),
    "format_not_read": Reason(
        "excluded",
        "A picture, volume, film or document of a format that is not read (BMP, GIF, NRRD and others).",
        "If it is a scan, export it as DICOM, NIfTI, PNG, JPEG or TIFF; anything else may stay where it is.",
    ),
    "format_not_selected": Reason(
        "excluded",
        "A volume or picture of another format than DICOM; the settings don't name it.",
        "If it is a scan, state in `ingest.formats` what it is, as `{png: {modality: DX}}`.",
    ),
    "mask_not_image": Reason(
        "excluded",
        "A mask beside the images, by its place, name or header.",
        "Nothing to do: masks are not read as images. Where `ingest.masks` declares structures, label maps "
        "below `labelsTr` or `masks` (NIfTI, PNG, TIFF), `a_mask.png` beside `a.png`, and masks of BIDS are "
        "read with their images.",
    ),
    "dicomdir": Reason(
        "excluded",
        "A disc index, not an image.",
        "Nothing to do: the images that it lists are found without it.",
    ),
    "own_table": Reason(
        "excluded",
        "A table or file that the settings name, not a scan.",
        "Nothing to do: it may stay where it is.",
    ),
    "archive_read": Reason(
        "excluded",
        "An archive; every file in it has a state of its own.",
        "Nothing to do: it is read as it lies.",
    ),
    "archive_not_opened": Reason(
        "excluded",
        "Packed in a way that is not read in place (zip, tar, tar.gz and gz are).",
        "Unpack it, or the archive that holds it, into the input folder, and take the packed one out.",
    ),
    "non_image_object": Reason(
        "excluded",
        "A DICOM object that is no image of a patient (report, plan, dose, mask, waveform, document).",
        "Nothing to do: the images that it belongs to are read by themselves.",
    ),
    "localizer": Reason(
        "excluded",
        "A planning view (scout) of the scan.",
        "If scouts are wanted, add `localizer` to `ingest.include`.",
    ),
    "derived_not_selected": Reason(
        "excluded",
        "A derived or captured picture, not an original acquisition.",
        "If it is wanted, add `derived` to `ingest.include`.",
    ),
    "modality_not_selected": Reason(
        "excluded", "This study does not use this modality.", "Name it in `ingest.modalities` to use it."
    ),
    "rule_not_selected": Reason(
        "excluded",
        "The settings leave it out: by a series rule, its unit, or as unprocessed data.",
        "Widen a rule of `ingest.select` until it fits, or add one.",
    ),
    "too_few_slices": Reason(
        "excluded",
        "Fewer slices than the config asks for.",
        "Lower `ingest.min_slices` to use it, or fetch the slices that are not here.",
    ),
    "not_in_table": Reason(
        "excluded", "The table of labels has no row for it.", "Add a row to the table to use it."
    ),
    "link_not_followed": Reason(
        "excluded",
        "A link; links inside the input folder are not followed.",
        "Put the files there themselves, or set `ingest.raw` to where the link leads.",
    ),
    "special_file": Reason(
        "excluded", "Not a regular file.", "Put the file itself there if it should be a scan."
    ),
    "consent_withdrawn": Reason(
        "excluded", "This patient was deleted on request.", "Nothing to do: it stays out."
    ),
    "duplicate_uid_conflict": Reason(
        "quarantined",
        "Two different images claim the same identity.",
        "Find out at the archive which copy is right and take the others out of the folder.",
    ),
    "patient_conflict": Reason(
        "quarantined",
        "One series, image or mask points to two patients.",
        "Find out whose scan it is and export it again with that one PatientID.",
    ),
    "missing_attribute": Reason(
        "quarantined",
        "A value needed to read the image is missing or malformed.",
        "Export the file again with the element that the detail names: the archive has it, or a conversion "
        "or de-identification took it out.",
    ),
    "inconsistent_pixel_attributes": Reason(
        "quarantined",
        "The description of the pixels contradicts itself or the data.",
        "Export the file again from the archive, without conversion.",
    ),
    "unit_unknown": Reason(
        "quarantined",
        "The values cannot be turned into the unit asked for.",
        "Export the original series; a conversion dropped its rescale values.",
    ),
    "implausible_values": Reason(
        "quarantined",
        "The values cannot be real for this kind of scan.",
        "Look at the image and export the original series again; a conversion may have changed its values.",
    ),
    "no_geometry": Reason(
        "quarantined",
        "Position or orientation is missing.",
        "Export the original series again, with ImagePositionPatient and ImageOrientationPatient.",
    ),
    "geometry_invalid": Reason(
        "quarantined",
        "The orientation is not two perpendicular unit directions.",
        "Export the original series again.",
    ),
    "missing_slices": Reason(
        "quarantined", "Slices are missing inside the volume.", "Fetch the missing slices again."
    ),
    "variable_spacing": Reason(
        "quarantined",
        "The distance between slices changes.",
        "Look at the slices. If they are of one scan, set `ingest.resample_z: linear` to resample them; if "
        "two scans are mixed, give each a series of its own (SeriesInstanceUID).",
    ),
    "duplicate_position": Reason(
        "quarantined",
        "Different slices lie at the same place and nothing tells them apart.",
        "Fetch the series again, or give each of its volumes a series of its own (SeriesInstanceUID).",
    ),
    "gantry_tilt": Reason(
        "quarantined",
        "The stack is sheared and the config does not allow straightening.",
        "Set `ingest.untilt: linear` to allow straightening.",
    ),
    "ambiguous_series": Reason(
        "quarantined",
        "The series holds several volumes that cannot be separated safely.",
        "Give each volume a series of its own (SeriesInstanceUID), or export them as one enhanced object.",
    ),
    "inconsistent_series": Reason(
        "quarantined",
        "Slices that make one even stack differ in something that may make them two scans.",
        "Export the series again; where they are two scans, put each in a series of its own.",
    ),
    "mosaic_layout_unknown": Reason(
        "quarantined",
        "A tiled image whose layout was removed.",
        "Export it with its private elements, or as single slices.",
    ),
    "burned_in_text": Reason(
        "quarantined",
        "The picture may show personal text.",
        "Black out the text and set BurnedInAnnotation to NO; if a person looked at all images and found "
        "none, set `ingest.pixel_text: reviewed`.",
    ),
    "mask_reference_missing": Reason(
        "quarantined",
        "A mask of images that are not here, or of which no scan was made.",
        "Put the series that it marks into the input folder; where it is there, mend what its files are "
        "refused for.",
    ),
    "mask_geometry_mismatch": Reason(
        "quarantined",
        "A mask and the scan that it names do not lie in the same place.",
        "Export the mask again from the program that drew it, on the images that it was drawn on.",
    ),
    "mask_values_invalid": Reason(
        "quarantined",
        "A mask is empty, marks what nobody declared, or what another mask marks, too.",
        "Draw what is missing, or name the structure in `ingest.masks.may_be_absent` if a scan may lack it.",
    ),
    "channels_incomplete": Reason(
        "quarantined",
        "Another channel of its case is missing or can't be used.",
        "Put all channels of the case into one folder, unpacked; mend those that have a reason of their own.",
    ),
    "channels_differ": Reason(
        "quarantined",
        "The channels of a case lie on different grids.",
        "Set `ingest.channels: {resample: linear}` to resample them onto the first one.",
    ),
    "affine_conflict": Reason(
        "quarantined",
        "The file states two different positions.",
        "Find out at the scanner or archive which is right, and export the file again with that one.",
    ),
    "empty_file": Reason("failed", "Zero bytes.", "Copy the file again."),
    "io_error": Reason(
        "failed",
        "Could not be read, or changed while being read.",
        "Check the disk and the file's permissions, then run again.",
    ),
    "encrypted": Reason(
        "failed",
        "Locked by a password inside its archive.",
        "Unpack the archive with its password into the input folder, and take the archive out.",
    ),
    "archive_damaged": Reason(
        "failed",
        "An archive, or this file in it, is damaged or breaks off; it is not used.",
        "Copy the archive again, or pack it anew.",
    ),
    "corrupt_dataset": Reason(
        "failed", "The file breaks off or is damaged before the pixels.", "Copy or export the file again."
    ),
    "truncated_pixel_data": Reason(
        "failed", "Part of the pixel data is missing.", "Copy or export the file again."
    ),
    "transfer_syntax_unsupported": Reason(
        "failed", "The compression method is not supported.", "Export the file uncompressed."
    ),
    "format_kind_unsupported": Reason(
        "failed",
        "A form of its file format that is not read.",
        "Save it anew: one volume or picture a file, grey or RGB, of whole or real numbers of 8 to 32 bits.",
    ),
    "decoder_missing": Reason(
        "failed", "A decoder package has to be installed.", "Run `{setup}`, then `{doctor}`."
    ),
    "decode_error": Reason(
        "failed", "The compressed pixels could not be decoded.", "Copy or export the file again."
    ),
    "limit_exceeded": Reason(
        "failed",
        "Larger or deeper than the safety limits allow.",
        "If the file is to be trusted, raise `ingest.limits.decoded_mb`.",
    ),
    "internal_error": Reason(
        "failed",
        "A fault of this program; please report it.",
        "Report it with the detail; the file is tried again at every run.",
    ),
}

ARCHIVE, OWN_TABLE = "archive_read", "own_table"
TRANSIENT = frozenset({"io_error", "decoder_missing", "internal_error", "mask_reference_missing"})
"""Reasons that may be gone at the next run although the file is the same; its series is then read again."""

NOTES: dict[str, str] = {
    "unused_bits_masked": "Bits above BitsStored held other data and were ignored.",
    "padding_replaced": "Padding outside the field of view was replaced by a fixed value.",
    "monochrome1": "Stored inverted (MONOCHROME1); turned so that bright is high where values have no unit.",
    "colour_model_fixed": "The compressed data say another colour model than the header; theirs was used.",
    "structure_absent": "A mask says of a structure that may be absent that it is not there.",
    "beside_refused_mask": (
        "Another mask of the same scan was refused: what no mask of it marks is unknown, not absent."
    ),
    "overlay_ignored": "Overlays (graphics, annotations) were left out.",
    "real_world_map_unused": "A real world value mapping is there and was not applied.",
    "suv_inputs_missing": (
        "The uptake value (SUV) could not be computed: an input is missing or implausible, or two disagree. "
        "Values stay in their unit."
    ),
    "unit_stated": "The files leave their unit open; the settings state it (`ingest.unit_of`).",
    "lossy": "Was compressed with loss before it came here.",
    "detector_plane": "The pixel spacing is at the detector, not in the patient.",
    "no_preamble": "The file lacks the preamble of a DICOM file.",
    "no_meta": "The file lacks the meta group; its transfer syntax was inferred from its bytes.",
    "vr_mismatch": "The value representation (explicit, implicit) is not the one announced.",
    "repeated_element": "An element stands there twice; the second says the same, or nobody asks for it.",
    "decimal_comma": "A decimal comma was read as a decimal point.",
    "spelling_corrected": "A word is spelt otherwise than in the standard, as in small letters.",
    "lut_width_corrected": "The lookup table holds larger numbers than it announces; their width was used.",
    "trailing_bytes": "Bytes after the pixel data were ignored.",
    "charset_unknown": "The character set is not a known one.",
    "spacing_tag_disagrees": "The slice spacing tag contradicts the positions; the positions were used.",
    "positions_rounded": (
        "Slices lie evenly within the decimals that their positions are written with; "
        "their mean distance was used."
    ),
    "nominal": "One slice: its thickness is the nominal one.",
    "z_resampled": "Slices were resampled to an even distance.",
    "untilted": "A gantry tilt was straightened by resampling.",
    "mask_without_zero": (
        "A mask has no 0, which stands for no structure. If another number does (1, say), call each "
        "structure in `ingest.masks.structures` by the number that the files give it."
    ),
    "undeclared_ignored": "A mask has other numbers than those declared, which were left out.",
    "mask_of_several_series": (
        "The mask names several series, and not which of them it was drawn on: it marks the scan of the one "
        "that most of its images are of, and no other."
    ),
    "tiny_voxels": (
        "Voxels are shorter than 0.005 mm: unless these are micrographs, the file names another unit of "
        "length (xyzt_units) than its numbers have, and all distances and volumes are wrong."
    ),
    "mask_resampled": "The mask was put onto the grid of its scan by the nearest voxel.",
    "channels_resampled": "A channel was resampled onto the grid of the first.",
    "picture_turned": "The picture was turned upright, as its file says that it is to be seen.",
    "details_differ": "Slices of one volume differ in details of the header that decide no voxel.",
    "field_in_gauss": "The field strength is written in gauss, not in tesla; it was brought to tesla.",
    "implausible_left_out": (
        "An age or a field strength that can't be true, or an age that contradicts the day of birth, was not "
        "kept."
    ),
    "headers_differ": (
        "Files of one scan differ in what is said once of it (sex, age, scanner, side, kernel, day): what "
        "they differ in was not kept, so that the scan is in no group of it."
    ),
    "time_untold": "Volumes in one place were told apart by instance numbers; nothing says what they are.",
    "slices_between_contours": (
        "A structure is drawn on every second slice, or third, and nothing is marked between: where the "
        "program that drew it can interpolate, have it do so."
    ),
    "contours_skipped": "Points and open lines of a structure mark no voxels and were left out.",
    "contours_cross": (
        "Contours of a structure cross each other, and what lies in both was left out: have the program that "
        "drew it make one contour of them."
    ),
    "fewer_than_announced": "An acquisition or the series announces more images than came of it.",
}
